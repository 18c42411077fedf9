"""A site from a folder of runs: an index, a page a run, a page an invariant; built anew by need."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from importlib.metadata import version
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from trueup.errors import RunError
from trueup.history import folder
from trueup.history.compared import compared
from trueup.history.past import REMEMBERED, remembered
from trueup.model.run import Run
from trueup.report.links import Links
from trueup.report.page import OTHERS, TEMPLATE, page
from trueup.report.scrub import scrub
from trueup.report.site_pages import index, invariant, looks
from trueup.report.template import asset

MANIFEST = "site.json"
"""What the last build wrote from what, so that the next writes only what has changed."""

PAGE = "index.html"


class Built(Struct):
    """
    What a build wrote, kept and took away, by path within the site.

    `unread` says of each run that it left out why it could not be read.
    """

    written: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


class Dated(Struct, frozen=True):
    """A run with the text of its file, and that text's digest."""

    run: Run
    text: str
    digest: str


Found = Mapping[str, Sequence[Dated]]
Page = tuple[str, str, Callable[[], str]]
"""A path within the site, the digest of all that it is drawn from, and what draws it."""

ASSETS = (TEMPLATE, *OTHERS, "site.html.j2", "invariant.html.j2", "page.css", "page.js")
"""What pages are drawn with: where one of these changes, none stays as it was."""


def build(runs: Path, out: Path, *, source: str | None = None, most: int = REMEMBERED) -> Built:
    """
    Draw the newest runs of each environment below `runs` as a site in `out`.

    `source` is put before a path of the project, as in https://github.com/o/r/blob/main/, or says
    where the project is from `out`, as in ../../; without it paths are no links. Raises RunError
    where no run is there or can be read, where a page would hold a secret, or where the disk
    refuses; a page that is there stays until another takes its place.
    """
    made = Built()
    environments = _found(runs, most, made)
    known = _manifest(out)
    drawn: dict[str, str] = {}
    stamp = _stamp(source)
    for path, digest, draw in _pages(environments, stamp, source):
        drawn[path] = digest
        if known.get(path) == digest and (out / path).is_file():
            made.kept.append(path)
            continue
        _write(out / path, draw())
        made.written.append(path)
    for path in known.keys() - drawn.keys():
        _take_away(out, path)
        made.removed.append(path)
    _write(out / MANIFEST, json.dumps(drawn, indent=0, sort_keys=True) + "\n")
    return made


def _found(runs: Path, most: int, made: Built) -> Found:
    found: dict[str, list[Dated]] = {}
    for place in folder.folders(runs)[: folder.LOOKED_AT]:
        file = place / folder.DATA
        try:
            run, text = folder.read(file), file.read_text(encoding="utf-8")
        except (RunError, OSError) as error:
            made.unread.append(str(error))  # one file must not take the site away
            continue
        of = found.setdefault(run.environment, [])
        if len(of) < most:
            of.append(Dated(run, text, _digest(text)))
    found = {name: _remembering(of) for name, of in found.items()}
    if not found:
        none = f"there is no run below {str(runs)!r}; make one with `trueup check`"
        raise RunError(made.unread[0] if made.unread else none)
    return {name: found[name] for name in sorted(found)}


def _remembering(newest_first: Sequence[Dated]) -> list[Dated]:
    """The runs, each compared with those before it, also where it was made without them."""
    earlier = compared(one.run for one in newest_first)
    return [
        one if one.run.earlier else replace(one, run=remembered(one.run, earlier[place + 1 :]))
        for place, one in enumerate(newest_first)
    ]


def _pages(found: Found, stamp: str, source: str | None) -> Iterator[Page]:
    everything = hashlib.sha256(stamp.encode())
    for environment, dated in found.items():
        runs = [one.run for one in dated]
        folder_of = f"invariants/{_name(environment)}"
        links = Links(
            source=_from(source, "../"), home="../index.html", invariants=f"../{folder_of}/"
        )
        for one in dated:
            name = _name(one.run.id)
            digest = _digest(stamp, one.digest)
            yield f"{name}/{PAGE}", digest, partial(page, one.run, links)
            yield f"{name}/{folder.DATA}", digest, partial(str, one.text)
        series = _digest(stamp, *(one.digest for one in dated))
        everything.update(series.encode())
        up = Links(source=_from(source, "../../"), home="../../index.html", invariants="./")
        for name, seen in looks(runs).items():
            yield f"{folder_of}/{_name(name)}.html", series, partial(invariant, seen, runs, up)
    environments = {name: [one.run for one in dated] for name, dated in found.items()}
    yield PAGE, everything.hexdigest(), partial(index, environments)


def _from(source: str | None, up: str) -> str | None:
    """The source as seen from a page so far below the site's folder."""
    return source if source is None or "://" in source else up + source


def _name(text: str) -> str:
    """A text as part of a path; raises RunError where it would lead elsewhere."""
    if not folder.ID.fullmatch(text):
        raise RunError(f"{text!r} is no name of a file; use letters, digits, - and .")
    return text


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _stamp(source: str | None) -> str:
    """What every page depends on beside its runs: this Trueup, its templates, the links."""
    return _digest(version("trueup"), str(source), *map(asset, ASSETS))


def _manifest(out: Path) -> dict[str, str]:
    try:
        known = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _take_away(out: Path, path: str) -> None:
    """Remove a page that an earlier build wrote, and its folder where it was the last in it."""
    file = (out / path).resolve()
    if not file.is_relative_to(out.resolve()):
        return  # the manifest was edited; what it names is not ours
    file.unlink(missing_ok=True)
    with suppress(OSError):
        file.parent.rmdir()


def _write(file: Path, text: str) -> None:
    """Put a page in its place in one step, unless it would tell a secret."""
    if kinds := scrub(text):
        raise RunError(
            f"{file.name} would hold {' and '.join(kinds)}, so it was not written; "
            "take the run that has it out of the folder"
        )
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_name(f".{file.name}.new")
        beside.write_bytes(text.encode("utf-8", "backslashreplace"))
        beside.replace(file)
    except OSError as error:
        raise RunError(
            f"the site could not be written to {str(file)!r}: {error.strerror}; "
            "see that the folder can be written and has room"
        ) from error
