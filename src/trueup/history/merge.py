"""Several runs become one: each judged some systems, or a share of one's invariants."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC
from typing import TypeVar

from msgspec.structs import replace

from trueup.errors import RunError
from trueup.model.cost import CostRecord, added
from trueup.model.run import Record, Run, SystemRecord
from trueup.model.verdict import Verdict

One = TypeVar("One")

LATE = "its run did not arrive"
REMEDY = "see the log of the job that should have made it; the others are told here"


def merge(runs: Sequence[Run]) -> Run:
    """
    One run of all that several judged; of what two judged, the one that began later is kept.

    Its instant is the earliest of theirs, so that nothing is claimed to be newer than it is. Raises
    RunError where there is none, or where they are of different environments.
    """
    if not runs:
        raise RunError("there is no run to merge; name the folders that have them")
    others = {run.environment for run in runs}
    if len(others) > 1:
        raise RunError(
            f"the runs are of {' and '.join(sorted(others))}; merge those of one environment"
        )
    ordered = sorted(runs, key=lambda run: (run.started, run.id))
    if len(ordered) == 1:
        return ordered[0]
    first, last = ordered[0], ordered[-1]
    return replace(
        last,
        id=_id(ordered),
        started=first.started,
        finished=max(run.finished for run in ordered),
        as_of=min(run.as_of for run in ordered),
        clock=f"the earliest of {len(ordered)} runs that were merged",
        workers=sum(max(run.workers, 1) for run in ordered),
        selection=_said(run.selection for run in ordered),
        systems=_systems(ordered),
        records=_latest((one for run in ordered for one in run.records), lambda one: one.id),
        metrics=_latest(
            (one for run in ordered for one in run.metrics), lambda one: f"{one.system} {one.name}"
        ),
        mended=_latest(
            (one for run in ordered for one in run.mended), lambda one: f"{one.system} {one.entry}"
        ),
        mended_since=min(filter(None, (run.mended_since for run in ordered)), default=None),
        idle_waivers=_latest((one for run in ordered for one in run.idle_waivers), repr),
        stopped=any(run.stopped for run in ordered),
        only_new=_said(run.only_new for run in ordered),
        earlier=(),
    )


def missing(run: Run, absent: Sequence[SystemRecord], owed: Sequence[Record]) -> Run:
    """
    The run with systems whose own run did not arrive: *unknown*, each of their invariants.

    `owed` are the records they would have had, as far as anybody knows their invariants.
    """
    late = {system.name for system in absent}
    systems = tuple(replace(system, reason=LATE) for system in absent)
    records = tuple(
        Record(
            system=one.system,
            name=one.name,
            severity=one.severity,
            verdict=Verdict.UNKNOWN,
            harm=one.harm,
            reason=LATE,
            remedy=REMEDY,
            fixes=one.fixes,
            runbook=one.runbook,
            owner=one.owner,
            tags=one.tags,
            path=one.path,
            line=one.line,
        )
        for one in owed
        if one.system in late
    )
    together = sorted((*run.records, *records), key=lambda one: one.id)
    others = (one for one in run.systems if one.name not in late)
    return replace(run, systems=(*others, *systems), records=tuple(together))


def _id(runs: Sequence[Run]) -> str:
    """An id that sorts by time, and is the same whenever the same runs are merged."""
    digest = hashlib.sha256("\n".join(sorted(run.id for run in runs)).encode()).hexdigest()
    return f"{runs[-1].started.astimezone(UTC):%Y%m%dT%H%M%SZ}-{digest[:6]}"


def _latest(found: Iterable[One], key: Callable[[One], str]) -> tuple[One, ...]:
    """One of each key, the last that came, in the order of the keys."""
    by = {key(one): one for one in found}
    return tuple(by[name] for name in sorted(by))


def _systems(runs: Sequence[Run]) -> tuple[SystemRecord, ...]:
    """Each system as it was read last, with what all of its runs cost it."""
    found = [one for run in runs for one in run.systems]
    costs: dict[str, list[CostRecord | None]] = {}
    for one in found:
        costs.setdefault(one.name, []).append(one.cost)
    latest = _latest(found, lambda one: one.name)
    return tuple(replace(one, cost=added(costs[one.name])) for one in latest)


def _said(texts: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(filter(None, texts)))
