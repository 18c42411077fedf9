"""
Give executions that have ended the moment at which they did.

That is their start and the duration that they measured. Where they measured none, or one that
cannot be, it is the last moment at which they can have ended: the platform cuts off whatever runs
for longer. What has no start either is left to a person.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from trueup import Update
from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 500

SHAPE_A, SHAPE_B = ("started_at", "completed_at"), ("start_time", "end_time")
"""What each shape calls the start and the end of an execution."""

MILLISECOND = timedelta(milliseconds=1)

MEASURED = """
    select id, (metrics ->> 'durationMs')::numeric as milliseconds
    from workflow_executions
    where id = any(:ids) and jsonb_typeof(metrics -> 'durationMs') = 'number'
    order by id
"""

NO_START = """
say when execution {id} ended

It is {status}, and has neither a start nor an end.

Look in the platform's log for its id, and write the last moment that is said of it: update
workflow_executions set end_time = '…' where id = {id:literal} and end_time is null;

select end_time from workflow_executions where id = {id:literal};
"""


def plan(
    violations: Sequence[Violation],
    primary: Reader,
    settings: Mapping[str, object],
    now: datetime,
) -> Iterator[Change]:
    """One execution each, never later than now."""
    took = _took(primary, [execution["id"] for execution in violations])
    longest = timedelta(seconds=float(str(settings["execution_timeout"])))
    for execution in violations:
        start, end = SHAPE_A if SHAPE_A[0] in execution else SHAPE_B
        began = execution[start]
        if not isinstance(began, datetime):
            yield written(NO_START, execution)
            continue
        yield Update(
            "workflow_executions",
            key={"id": execution["id"]},
            expect={"status": execution["status"], start: began, end: None},
            set={end: _ended(began, took.get(execution["id"]), longest, now)},
        )


def _ended(began: datetime, took: float | None, longest: timedelta, now: datetime) -> datetime:
    """Its start and what it measured, which lies between its start and now if it can be."""
    if took is not None and 0 <= took <= (now - began) / MILLISECOND:
        return began + took * MILLISECOND
    return min(began + longest, now)


def _took(primary: Reader, ids: Sequence[object]) -> dict[object, float]:
    """The milliseconds that executions measured, by their ids; nothing where none measures."""
    if not primary.has_column("workflow_executions.metrics"):
        return {}
    return {row["id"]: float(str(row["milliseconds"])) for row in primary.rows(MEASURED, ids=ids)}
