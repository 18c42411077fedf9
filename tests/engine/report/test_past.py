from datetime import timedelta

import pytest
from msgspec.structs import replace

from engine.history.month import FLAPPING, RESOLVED, last
from engine.history.runs import at, broken, sound, told, unknown
from engine.report.runs import NOW
from trueup.history.compared import compared
from trueup.history.past import remembered
from trueup.model.run import Change, Record, Run
from trueup.model.verdict import Verdict
from trueup.report import past


def after(*days: Record | None) -> tuple[Run, Record]:
    *earlier, newest = told(*days)
    found = remembered(newest, compared(reversed(earlier)))
    return found, found.records[0]


def test_the_change_since_the_last_run_is_said_in_a_line() -> None:
    assert past.told(last()) == "1 new, 4 ongoing, 2 resolved"
    assert past.told(after(sound(), sound())[0]) == "no change"


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ((sound(), broken(1)), "new in this run"),
        ((sound(), broken(1), broken(1)), "since 2026-11-21 06:23:41 UTC, 1 day"),
        ((broken(1), broken(1), broken(1)), "at least since 2026-11-20 06:23:41 UTC, 2 days"),
        ((broken(1), sound()), "was violated from 2026-11-20 06:23:41 UTC, for 1 day"),
        (
            (broken(1), unknown()),
            "was violated when it was last looked at, since 2026-11-20 06:23:41 UTC",
        ),
        ((sound(), unknown()), "held when it was last looked at"),
        ((unknown(), unknown()), "was never looked at before"),
        ((broken(1),), ""),
    ],
)
def test_since_when_is_said_as_far_as_the_runs_can_tell(
    days: tuple[Record, ...], said: str
) -> None:
    assert past.since(*after(*days)) == said


def test_a_clock_that_stands_still_gives_no_span() -> None:
    looked, record = after(broken(1), sound())
    still = replace(looked, as_of=NOW)

    assert past.since(still, record) == "was violated from 2026-11-20 06:23:41 UTC"


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ((broken(1, 2), broken(2, 3, 4)), "2 are new and 1 is gone"),
        ((broken(1), broken(1, 2)), "1 is new"),
        ((broken(1), broken(1)), ""),
        ((sound(), broken(1)), ""),
        ((broken(1), replace(broken(1), count=4000)), "3,999 more than then"),
        ((replace(broken(1), count=4000), broken(1)), "3,999 fewer than then"),
    ],
)
def test_how_the_violations_moved_is_said_by_key_and_by_number_where_not_all_are_named(
    days: tuple[Record, ...], said: str
) -> None:
    assert past.moved(after(*days)[1].past) == said


def test_each_violation_says_when_it_was_first_seen() -> None:
    run, record = after(broken(1), broken(1, 2), broken(1, 2, 3))

    seen = [past.first_seen(run, record, place) for place in range(4)]
    assert seen == ["2026-11-20", "2026-11-21", "new", ""]


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(days=3, hours=5), "3 days"),
        (timedelta(hours=1, minutes=59), "1 hour"),
        (timedelta(minutes=2), "2 minutes"),
        (timedelta(seconds=9), "9 seconds"),
        (timedelta(0), "no time"),
    ],
)
def test_an_age_is_in_its_largest_whole_unit(ago: timedelta, said: str) -> None:
    assert past.age(at(0), NOW - ago) == said


def test_a_strip_has_a_stroke_for_each_run_and_says_the_same_in_words() -> None:
    _, record = after(sound(), None, broken(1), unknown(), broken(1))

    drawn = past.strip(record)

    assert drawn.count("M") == 5
    assert "5 runs, this one last: holds in 1, violated in 2, unknown in 1" in drawn
    assert past.strip(sound()) == ""


def test_the_trend_has_whole_runs_only_and_ends_with_this_one() -> None:
    narrowed = at(1, broken(1), selection="-k thing")
    earlier = compared([narrowed, at(0, broken(1), selection="")])
    run = remembered(at(2, sound(), selection=""), earlier)

    found = past.trend(run)

    assert found is not None
    assert [value for _, value in found.points] == [1.0, 0.0]
    assert past.trend(replace(run, selection="-k thing")) is None
    assert past.trend(at(0, sound(), selection="")) is None


def test_a_metrics_line_says_its_ends_in_words() -> None:
    metric = last().metrics[0]

    assert past.spark(replace(metric, earlier=())) == ""
    assert "31 runs: from 149.60 to 186.90, now 158.10" in past.spark(metric)


def test_lists_of_a_change_have_the_worst_first() -> None:
    assert [one.name for one in past.having(last(), Change.RESOLVED)] == [RESOLVED, FLAPPING]
    assert [one.name for one in past.flapping(last())] == [FLAPPING]
    assert {one.verdict for one in past.having(last(), Change.ONGOING)} == {
        Verdict.VIOLATED,
        Verdict.WAIVED,
    }
