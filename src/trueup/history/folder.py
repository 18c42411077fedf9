"""A folder of runs: one folder a run, named by its id, with its `run.json`."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import DecodeError, Struct

from trueup.errors import RunError
from trueup.history.compared import Compared, Memory
from trueup.model.run import Run
from trueup.model.run_json import head, parse

DATA = "run.json"

LOOKED_AT = 300
"""Folders that are opened, at most, in search of the runs of one environment."""

ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]*")
"""What a run's id may be, so that it is a folder's name."""


class _Took(Struct):
    system: str
    name: str
    seconds: float


class _Timed(Struct):
    """What says how long each took, and nothing else: the rest is not made."""

    environment: str
    records: list[_Took]


def read(path: Path) -> Run:
    """
    Read a run from its folder or its run.json.

    Raises RunError where there is none, or none that this Trueup can read.
    """
    file = path / DATA if path.is_dir() else path
    try:
        return parse(file.read_bytes())
    except OSError as error:
        raise RunError(
            f"no run can be read from {str(file)!r}: {error.strerror}; "
            "name a folder below reports/, or make a run with `trueup check`"
        ) from error
    except DecodeError as error:
        raise RunError(f"{str(file)!r} is not JSON; it was cut short or edited") from error
    except RunError as error:
        raise RunError(f"{str(file)!r}: {error}") from None


def require_folder(history: Path) -> None:
    """Raise RunError for what can have no earlier runs; one that has none yet may not be there."""
    if history.exists() and not history.is_dir():
        raise RunError(f"{str(history)!r} is no folder; name the one that has the earlier runs")


def folders(folder: Path) -> list[Path]:
    """The folders of the runs below a folder, the newest first; ids sort by time."""
    found = [file.parent for file in folder.glob(f"*/{DATA}") if ID.fullmatch(file.parent.name)]
    return sorted(found, key=lambda place: place.name, reverse=True)


def newest(place: Path) -> Path:
    """The folder of a run that is named itself, or by its run.json; else of the newest below."""
    folder = place.parent if place.name == DATA else place
    return folder if (folder / DATA).is_file() else latest(place)


def latest(folder: Path) -> Path:
    """
    The folder of the newest run below `folder`.

    Raises RunError where there is no run yet.
    """
    found = folders(folder)
    if not found:
        raise RunError(f"there is no run below {str(folder)!r}; make one with `trueup check`")
    return found[0]


def runs(folder: Path, environment: str, before: str = "") -> Iterator[Compared]:
    """
    The runs of one environment, the newest first, of those `before` a run's id.

    One that cannot be read is passed over: a single bad file must not take the history away.
    """
    memory = Memory()
    for place in folders(folder)[:LOOKED_AT]:
        if before and place.name >= before:
            continue
        with suppress(OSError, DecodeError, RunError):
            data = (place / DATA).read_bytes()
            if head(data).environment == environment:
                yield memory.read(data)


def seconds(folder: Path, environment: str) -> dict[str, float]:
    """
    How many seconds each invariant took in the newest run of an environment, by its id.

    Nothing else of it is read, since the servers wait for this. Empty where there is none.
    """
    for place in folders(folder)[:LOOKED_AT]:
        with suppress(OSError, DecodeError):  # as in `runs`
            found = msgspec.json.decode((place / DATA).read_bytes(), type=_Timed)
            if found.environment == environment:
                return {f"{one.system}.{one.name}": one.seconds for one in found.records}
    return {}
