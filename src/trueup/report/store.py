"""Runs on disk: one folder a run, `run.json` the source, `index.html` drawn from it."""

import os
import shutil
from collections.abc import Iterable
from itertools import starmap
from pathlib import Path

from trueup.errors import RunError
from trueup.history.folder import DATA, ID
from trueup.model import run_json
from trueup.model.run import Run
from trueup.report.page import page
from trueup.report.scrub import scrub

PAGE = "index.html"


def write(run: Run, folder: Path, secrets: Iterable[str] = ()) -> Path:
    """
    Write the run and its page below `folder`, whole or not at all; returns the page's path.

    `secrets` are the passwords that must not be in what is published. Raises RunError where one
    is, where the run's id is no folder's name, is taken, or the disk refuses; nothing is left then.
    """
    if not ID.fullmatch(run.id):
        raise RunError(f"the run's id {run.id!r} is no folder's name; use letters, digits, - and .")
    place = folder / run.id
    if place.exists():
        raise RunError(f"{str(place)!r} is already there; a run is never overwritten, move it away")
    try:
        _place(run, place, tuple(secrets))
    except OSError as error:
        raise RunError(
            f"the run could not be written to {str(place)!r}: {error.strerror}; "
            "see that the folder can be written and has room"
        ) from error
    return place / PAGE


def text(run: Run) -> str:
    """
    The run as run.json holds it, a record a line.

    Raises RunError for a number that JSON cannot write.
    """
    try:
        return "{\n" + ",\n".join(starmap(_line, run_json.members(run))) + "\n}\n"
    except ValueError as error:
        raise RunError(
            "the run holds a value that is not a number (NaN or infinity), which JSON cannot "
            "write; see which metric it is, and leave such rows out"
        ) from error


def _line(name: str, value: object) -> str:
    """A member of the whole; of what is listed each by itself, since to indent all takes long."""
    if isinstance(value, tuple) and value:
        return f' "{name}": [\n  ' + ",\n  ".join(map(run_json.text, value)) + "\n ]"
    return f' "{name}": {run_json.text(value)}'


def _place(run: Run, place: Path, secrets: tuple[str, ...]) -> None:
    """
    Write beside the place under a name of its own, then move there in one step.

    One text after the other, so that only one is held.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    partial = place.with_name(f".{place.name}.{os.urandom(4).hex()}")
    partial.mkdir()
    try:
        for name, made in ((DATA, text), (PAGE, page)):
            _write(partial / name, made(run), secrets)
        partial.rename(place)
    except BaseException:  # a bug in a template and Ctrl-C too: nothing is left
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _write(file: Path, text: str, secrets: tuple[str, ...]) -> None:
    if kinds := scrub(text, secrets):
        raise RunError(
            f"{file.name} would hold {' and '.join(kinds)}, so nothing was written; "
            "see which key, shown column, reason or SQL carries it, and leave it out"
        )
    # A lone surrogate cannot be UTF-8; escaped, it is still valid JSON and plain HTML.
    file.write_bytes(text.encode("utf-8", "backslashreplace"))
