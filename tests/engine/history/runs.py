"""Runs that follow each other, for tests of what became of an invariant."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from engine.report.runs import NOW, record, run, violated
from trueup.model.run import Record, Run
from trueup.model.verdict import Verdict

NAME = "every_thing_is_so"

DAY = timedelta(days=1)


def at(day: int, *records: Record, **more: Any) -> Run:
    """A run so many days after the first."""
    instant = NOW + day * DAY
    found: dict[str, Any] = {"id": f"2026-{day:03}", "as_of": instant, "started": instant}
    return run(records, **found | {"finished": instant + timedelta(seconds=3)} | more)


def broken(*keys: object, **more: Any) -> Record:
    """The invariant, violated by the rows with these keys."""
    return violated(NAME, "P1", [(str(key),) for key in keys], columns=("id",), **more)


def sound() -> Record:
    """The invariant, holding."""
    return record(NAME, severity="P1")


def unknown() -> Record:
    """The invariant where it could not be looked at."""
    return record(NAME, Verdict.UNKNOWN, "P1", reason="the statement timed out")


def told(*days: Record | None) -> list[Run]:
    """A run a day, the oldest first; None where the run did not have the invariant."""
    other = record("another_thing_is_so")
    return [at(day, *filter(None, (found, other))) for day, found in enumerate(days)]


def history(make: Callable[[], Run], days: int) -> Sequence[Run]:
    """The same run on so many days before, the oldest first."""
    one = make()
    return [
        replace(one, id=f"20261{day:03}", as_of=one.as_of - (days - day) * DAY)
        for day in range(days)
    ]
