"""A folder of runs: one folder a run, named by its id, with its `run.json`."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from trueup.errors import RunError
from trueup.model.run import Run
from trueup.model.run_json import parse

DATA = "run.json"

LOOKED_AT = 300
"""Folders that are opened, at most, in search of the runs of one environment."""

UNCOMPARED = ("columns", "fixes", "past", "rows", "sql", "waivers")
"""Fields of a record that only its own run shows: most of what there is to read in a run."""

ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]*")
"""What a run's id may be, so that it is a folder's name."""


def read(path: Path) -> Run:
    """
    Read a run from its folder or its run.json.

    Raises RunError where there is none, or none that this Trueup can read.
    """
    return parse(_data(path / DATA if path.is_dir() else path))


def _data(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise RunError(
            f"no run can be read from {str(file)!r}: {error.strerror}; "
            "name a folder below reports/, or make a run with `trueup check`"
        ) from error
    except ValueError as error:
        raise RunError(f"{str(file)!r} is not JSON; it was cut short or edited") from error


def folders(folder: Path) -> list[Path]:
    """The folders of the runs below a folder, the newest first; ids sort by time."""
    found = [file.parent for file in folder.glob(f"*/{DATA}") if ID.fullmatch(file.parent.name)]
    return sorted(found, key=lambda place: place.name, reverse=True)


def newest(folder: Path) -> Path:
    """The folder itself where it is a run's, else that of the newest run below it."""
    return folder if (folder / DATA).is_file() else latest(folder)


def latest(folder: Path) -> Path:
    """
    The folder of the newest run below `folder`.

    Raises RunError where there is no run yet.
    """
    found = folders(folder)
    if not found:
        raise RunError(f"there is no run below {str(folder)!r}; make one with `trueup check`")
    return found[0]


def runs(folder: Path, environment: str, before: str = "") -> Iterator[Run]:
    """
    The runs of one environment, the newest first, of those `before` a run's id.

    Without what is `UNCOMPARED`. One that cannot be read is passed over: a single bad file must
    not take the history away.
    """
    for place in folders(folder)[:LOOKED_AT]:
        if before and place.name >= before:
            continue
        try:
            data = _data(place / DATA)
            if _shorn(data).get("environment") == environment:
                yield parse(data)
        except RunError:
            continue


def _shorn(data: Any) -> Mapping[str, object]:
    """The data of a run, of whose records nothing is left that nobody compares."""
    if not isinstance(data, dict):
        raise RunError("it is no run")
    records = data.get("records")
    for record in records if isinstance(records, list) else ():
        if isinstance(record, dict):
            for field in UNCOMPARED:
                record.pop(field, None)
    return data
