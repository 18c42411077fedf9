"""Merging runs on disk: read, put together, compared with earlier ones, written as one."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from trueup import catalog
from trueup.config import Project
from trueup.errors import RunError
from trueup.history import folder, past
from trueup.history import merge as merged
from trueup.model.run import Run, SystemRecord
from trueup.model.verdict import Outcome, Verdict
from trueup.report import redact, store

PATIENCE = 1.5
"""How much later than its schedule says a run may come: GitHub delays them, and drops some."""


class Owed(Struct, frozen=True):
    """The systems that a merged run must have, and the project whose invariants they are."""

    project: Project
    systems: Sequence[str]


def merge(
    places: Sequence[Path],
    reports: Path,
    history: Path,
    owed: Owed | None = None,
    every: timedelta | None = None,
) -> Path:
    """
    Merge the runs in these places, write the one run below `reports`, and give its page.

    A system that is owed and that none of them has is unknown. Where runs come `every` so often,
    the run says by when the next is due. Raises RunError.
    """
    folder.require_folder(history)
    found = [folder.read(place) for one in places for place in _runs(one)]
    run = merged.merge(found)
    if owed:
        run = _with_the_absent(run, owed)
    if every:
        run = replace(run, due=run.finished + every * PATIENCE)
    parts = {one.id for one in found}
    earlier = folder.runs(history, run.environment, before=run.id)
    run = past.remembered(run, (one for one in earlier if one.id not in parts))
    return store.write(run, reports)


def _with_the_absent(run: Run, owed: Owed) -> Run:
    there = {system.name for system in run.systems}
    if run.stopped:
        there &= {record.system for record in run.records}
    absent = [name for name in owed.systems if name not in there]
    if not absent:
        return run
    systems = [SystemRecord(name=name, title=owed.project.system(name).title) for name in absent]
    unknown = Outcome(verdict=Verdict.UNKNOWN)
    invariants = catalog.load(owed.project.root, tuple(absent)).invariants
    return merged.missing(run, systems, [redact.record(one, unknown, ()) for one in invariants])


def _runs(place: Path) -> Iterator[Path]:
    """The runs of a place: itself, or those anywhere below it, as artifacts are unpacked."""
    if place.is_file() or (place / folder.DATA).is_file():
        yield place
        return
    found = sorted(file.parent for file in place.rglob(folder.DATA))
    if not found:
        raise RunError(f"there is no run below {str(place)!r}; did the jobs upload theirs?")
    yield from found
