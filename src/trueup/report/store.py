"""Runs on disk: one folder a run, `run.json` the source, `index.html` drawn from it."""

import json
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from secrets import token_hex

from trueup.errors import RunError
from trueup.model.run import Run, parse, plain
from trueup.report.page import page
from trueup.report.redact import scrub

DATA = "run.json"
PAGE = "index.html"

_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]*")


def write(run: Run, folder: Path, secrets: Iterable[str] = ()) -> Path:
    """
    Write the run and its page below `folder`, whole or not at all; returns the page's path.

    `secrets` are the passwords that must not be in what is published. Raises RunError where one
    is, where the run's id is no folder's name, is taken, or the disk refuses; nothing is left then.
    """
    if not _ID.fullmatch(run.id):
        raise RunError(f"the run's id {run.id!r} is no folder's name; use letters, digits, - and .")
    texts = {DATA: _json(run), PAGE: page(run)}
    _refuse_secrets(texts, tuple(secrets))
    place = folder / run.id
    if place.exists():
        raise RunError(f"{str(place)!r} is already there; a run is never overwritten, move it away")
    try:
        _place(texts, place)
    except OSError as error:
        raise RunError(
            f"the run could not be written to {str(place)!r}: {error.strerror}; "
            "see that the folder can be written and has room"
        ) from error
    return place / PAGE


def read(path: Path) -> Run:
    """
    Read a run from its folder or its run.json.

    Raises RunError where there is none, or none that this Trueup can read.
    """
    file = path / DATA if path.is_dir() else path
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise RunError(
            f"no run can be read from {str(file)!r}: {error.strerror}; "
            "name a folder below reports/, or make a run with `trueup check`"
        ) from error
    except ValueError as error:
        raise RunError(f"{str(file)!r} is not JSON; it was cut short or edited") from error
    return parse(data)


def newest(folder: Path) -> Path:
    """The folder itself where it is a run's, else that of the newest run below it."""
    return folder if (folder / DATA).is_file() else latest(folder)


def latest(folder: Path) -> Path:
    """
    The folder of the newest run below `folder`; ids sort by time.

    Raises RunError where there is no run yet.
    """
    runs = [file.parent for file in folder.glob(f"*/{DATA}") if _ID.fullmatch(file.parent.name)]
    if not runs:
        raise RunError(f"there is no run below {str(folder)!r}; make one with `trueup check`")
    return max(runs, key=lambda run: run.name)


def _json(run: Run) -> str:
    try:
        return json.dumps(plain(run), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    except ValueError as error:
        raise RunError(
            "the run holds a value that is not a number (NaN or infinity), which JSON cannot "
            "write; see which metric it is, and leave such rows out"
        ) from error


def _refuse_secrets(texts: dict[str, str], secrets: tuple[str, ...]) -> None:
    for name, text in texts.items():
        if kinds := scrub(text, secrets):
            raise RunError(
                f"{name} would hold {' and '.join(kinds)}, so nothing was written; "
                "see which key, shown column, reason or SQL carries it, and leave it out"
            )


def _place(texts: dict[str, str], place: Path) -> None:
    """Write beside the place under a name of its own, then move there in one step."""
    place.parent.mkdir(parents=True, exist_ok=True)
    partial = place.with_name(f".{place.name}.{token_hex(4)}")
    partial.mkdir()
    try:
        for name, text in texts.items():
            # A lone surrogate cannot be UTF-8; escaped, it is still valid JSON and plain HTML.
            (partial / name).write_bytes(text.encode("utf-8", "backslashreplace"))
        partial.rename(place)
    except OSError:
        shutil.rmtree(partial, ignore_errors=True)
        raise
