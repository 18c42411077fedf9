"""A month at StudyBuddy, a run a day: things break, go on, are mended, flap, and are waived."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from math import sin

from msgspec.structs import replace

from engine.report.morning import HOLDING, METRICS, NOT_APPLICABLE, UNKNOWN, VIOLATED
from engine.report.runs import NOW, run, stuck
from trueup.history.compared import compared
from trueup.history.past import remembered
from trueup.model.run import MetricRecord, Record, Run, WaiverRecord
from trueup.model.verdict import Verdict

DAYS = 31

WAIVER = WaiverRecord(
    invariant="studybuddy.no_temporary_override_outlives_a_day",
    keys=None,
    reason="support still sorts these out, by hand",
    owner="Ada",
    approver="Bob",
    last_day=date(2026, 12, 18),
    zone="Europe/Berlin",
    matched=1,
)
ENDED = replace(
    WAIVER,
    invariant=VIOLATED[2].id,
    reason="the clean-up is on its way",
    last_day=date(2026, 11, 14),
    expired=True,
    matched=3,
)
IDLE = replace(
    WAIVER, invariant="studybuddy.every_course_belongs_to_a_user", keys=("a",), matched=0
)

RESOLVED, FLAPPING = HOLDING[12].name, HOLDING[9].name


@cache
def month() -> tuple[Run, ...]:
    """All its runs, the oldest first, each remembering those before it."""
    made: list[Run] = []
    for day in range(DAYS):
        made.append(remembered(_day(day), compared(reversed(made))))
    return tuple(made)


def last() -> Run:
    """The run of its last day."""
    return month()[-1]


def _day(day: int) -> Run:
    moment = NOW - timedelta(days=DAYS - 1 - day)
    made = run(
        [*_broken(day), *_holding(day), UNKNOWN if day > 24 else _sound(UNKNOWN), NOT_APPLICABLE],
        id=f"{moment:%Y%m%dT%H%M%SZ}-abcdef",
        as_of=moment,
        started=moment + timedelta(seconds=1),
        finished=moment + timedelta(seconds=5),
        selection="",
        metrics=tuple(_measured(metric, day) for metric in METRICS),
    )
    return replace(made, idle_waivers=(IDLE,))


def _broken(day: int) -> Iterator[Record]:
    jobs, subscriptions, orphans, live, override = VIOLATED
    yield _rows(jobs, stuck(60), max(day - 18, 0), day)
    yield subscriptions if day == DAYS - 1 else _sound(subscriptions)
    yield replace(orphans, waivers=(ENDED,) if day > 24 else ())
    yield live if day > 9 else _sound(live)
    yield replace(override, verdict=Verdict.WAIVED, waived=1, waivers=(WAIVER,))


def _rows(found: Record, many: Record, first: int, day: int) -> Record:
    """The stuck jobs of a day: some were there yesterday, some are new."""
    if day < 12:
        return _sound(found)
    rows, keys = many.rows[first : first + 12], many.keys[first : first + 12]
    return replace(found, rows=rows, keys=keys, count=len(rows))


def _holding(day: int) -> Iterator[Record]:
    for one in HOLDING:
        broken = (one.name == RESOLVED and 14 < day < DAYS - 1) or (
            one.name == FLAPPING and day % 4 == 1
        )
        yield replace(one, verdict=Verdict.VIOLATED, count=2, keys=("a", "b")) if broken else one


def _sound(found: Record) -> Record:
    return replace(
        found, verdict=Verdict.HOLDS, count=0, counted_all=True, keys=(), rows=(), reason=""
    )


def _measured(metric: MetricRecord, day: int) -> MetricRecord:
    if len(metric.points) > 1:
        return metric
    ((label, value),) = metric.points
    return replace(metric, points=((label, round(value * (0.9 + 0.1 * sin(day / 3)), 1)),))
