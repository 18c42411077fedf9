"""A folder of runs: one folder a run, named by its id, with its `run.json`."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
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

Hook = Callable[[dict[str, Any]], dict[str, Any]]
"""What is made of an object as soon as it is read."""

ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]*")
"""What a run's id may be, so that it is a folder's name."""


def read(path: Path) -> Run:
    """
    Read a run from its folder or its run.json.

    Raises RunError where there is none, or none that this Trueup can read.
    """
    return parse(_data(path / DATA if path.is_dir() else path))


def _data(file: Path, hook: Hook | None = None) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"), object_hook=hook)
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
            data = _data(place / DATA, _shorn)
            if isinstance(data, dict) and data.get("environment") == environment:
                yield parse(data)
        except RunError:
            continue


def seconds(folder: Path, environment: str) -> dict[str, float]:
    """
    How many seconds each invariant took in the newest run of an environment, by its id.

    Nothing else of it is read, since the servers wait for this. Empty where there is none.
    """
    for place in folders(folder)[:LOOKED_AT]:
        with suppress(RunError, AttributeError, KeyError, TypeError, ValueError):  # as in `runs`
            data = _data(place / DATA)
            if data["environment"] == environment:
                records = data["records"]
                return {f"{one['system']}.{one['name']}": float(one["seconds"]) for one in records}
    return {}


def _shorn(found: dict[str, Any]) -> dict[str, Any]:
    """
    An object of a run's, as it is read: of a record only what is compared.

    Its texts are mostly those of the run before, and kept once.
    """
    if not isinstance(found.get("keys"), list):
        return found
    kept = {name: _once(value) for name, value in found.items() if name not in UNCOMPARED}
    return kept | {"keys": [_once(key) for key in found["keys"]]}


def _once(value: Any) -> Any:
    return sys.intern(value) if type(value) is str else value
