"""Maintenance windows: the zone's clocks count, also on the nights on which they are changed."""

from calendar import monthcalendar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trueup.model.window import DAYS, ORDINALS, Window

TORONTO = Window("first sunday 02:00-04:00 America/Toronto")

ZONES = (
    "UTC",
    "America/Toronto",
    "America/Havana",  # its clocks jump from midnight to one
    "Asia/Beirut",  # and its from midnight, too
    "Asia/Amman",
    "Australia/Lord_Howe",  # by half an hour
    "Pacific/Apia",  # once by a whole day
    "Asia/Kolkata",
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("moment", "inside"),
    [
        ("2026-07-05T02:00:00-04:00", True),
        ("2026-07-05T01:59:59.999999-04:00", False),
        ("2026-07-05T03:59:59.999999-04:00", True),
        ("2026-07-05T04:00:00-04:00", False),
        ("2026-07-05T06:30:00+00:00", True),
        ("2026-07-12T02:30:00-04:00", False),
        ("2026-07-06T02:30:00-04:00", False),
        ("2026-02-01T02:30:00-05:00", True),
        ("2026-02-01T02:30:00-04:00", False),
    ],
)
def test_the_first_sunday_of_the_month_is_by_its_own_clocks(moment: str, inside: bool) -> None:
    assert TORONTO.holds(at(moment)) is inside


@pytest.mark.parametrize(
    ("moment", "inside"),
    [
        ("2026-11-01T05:59:59+00:00", False),  # 01:59:59, for the first time
        ("2026-11-01T06:59:59+00:00", False),  # 01:59:59, for the second
        ("2026-11-01T07:00:00+00:00", True),
        ("2026-11-01T08:59:59+00:00", True),
        ("2026-11-01T09:00:00+00:00", False),
    ],
)
def test_on_the_night_on_which_clocks_are_put_back_it_waits_for_them(
    moment: str, inside: bool
) -> None:
    assert TORONTO.holds(at(moment)) is inside


def test_an_hour_that_comes_twice_is_in_it_twice() -> None:
    night = Window("sunday 01:30-02:30 America/Toronto")

    minutes = [at("2026-11-01T04:00:00+00:00") + timedelta(minutes=n) for n in range(300)]
    inside = [one for one in minutes if night.holds(one)]

    assert (inside[0], inside[-1]) == (at("2026-11-01T05:30Z"), at("2026-11-01T07:29Z"))
    assert len(inside) == 120


def test_an_hour_that_never_comes_is_left_out() -> None:
    night = Window("sunday 02:30-03:30 America/Toronto")

    minutes = [at("2026-03-08T05:00:00+00:00") + timedelta(minutes=n) for n in range(300)]
    inside = [one for one in minutes if night.holds(one)]

    assert (inside[0], inside[-1]) == (at("2026-03-08T07:00Z"), at("2026-03-08T07:29Z"))
    assert len(inside) == 30


def test_each_tuesday_and_no_other_day() -> None:
    weekly = Window("Tuesday 02:00-04:00 UTC")
    days = [at("2026-11-01T03:00Z") + timedelta(days=n) for n in range(14)]

    assert [day.day for day in days if weekly.holds(day)] == [3, 10]


def test_it_may_end_on_the_next_day() -> None:
    night = Window("last saturday 23:00-01:00 Asia/Kolkata")

    hours = [at("2026-10-31T17:00Z") + timedelta(minutes=30 * n) for n in range(8)]

    assert [night.holds(one) for one in hours] == [False, True, True, True, True] + [False] * 3


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("sunday", "'sunday' is no window"),
        ("sunday 2:00-4:00 UTC", "is no window"),
        ("sunday 02:00-04:00", "is no window"),
        ("every sunday 02:00-04:00 UTC", "is no window"),
        ("sunnday 02:00-04:00 UTC", "'sunnday' is no day of the week"),
        ("sunday 02:60-04:00 UTC", "02:60 is no time of day"),
        ("sunday 02:00-24:01 UTC", "24:01 is no time of day"),
        ("sunday 02:00-04:00 America/Atlantis", "'America/Atlantis' is no time zone"),
        ("sunday 02:00-04:00 America", "'America' is no time zone"),
        ("sunday 02:00-04:00 ../UTC", "is no time zone"),
        ("sunday 02:00-04:00 EST5EDT4", "is no time zone"),
    ],
)
def test_what_is_no_window_is_told_with_an_example(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as refused:
        Window(text)

    assert "first sunday 02:00-04:00 America/Toronto" in str(refused.value)


# Clocks are changed at night, so most windows of the test are there.
clocks = st.one_of(st.integers(0, 4 * 60), st.integers(0, 24 * 60 - 1)).map(
    lambda n: f"{n // 60:02}:{n % 60:02}"
)

windows = st.builds(
    lambda nth, day, begins, ends, zone: Window(f"{nth} {day} {begins}-{ends} {zone}"),
    st.one_of(st.just(""), st.sampled_from(sorted(ORDINALS))),
    st.one_of(st.just("sunday"), st.sampled_from(DAYS)),
    clocks,
    clocks,
    st.sampled_from(ZONES),
)

changes = st.sampled_from(
    [
        date(2026, 3, 8),  # Toronto and Havana, forward
        date(2026, 11, 1),  # and back
        date(2026, 3, 29),  # Beirut, forward
        date(2026, 10, 25),
        date(2022, 2, 25),  # Amman, forward at midnight, for good
        date(2021, 10, 29),  # and back before
        date(2026, 4, 5),  # Lord Howe, back
        date(2026, 10, 4),
        date(2011, 12, 30),  # the day that Apia never had
        date(2026, 7, 5),
    ]
)


@given(windows, changes, st.integers(-2 * 24 * 60, 2 * 24 * 60))
@example(Window("first sunday 01:30-03:00 America/Toronto"), date(2026, 11, 1), 6 * 60 + 10)
@example(Window("sunday 00:00-01:30 America/Toronto"), date(2026, 11, 1), 5 * 60 + 45)
@example(Window("sunday 00:00-01:00 America/Havana"), date(2026, 3, 8), 5 * 60)
@example(Window("friday 23:30-00:30 Asia/Amman"), date(2021, 10, 29), 22 * 60)
def test_it_lasts_from_when_clocks_first_reach_it_until_they_last_leave_it(
    night: Window, day: date, minutes: int
) -> None:
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minutes)

    assert night.holds(moment) is any(
        counted(night, its, moment)
        for its in (moment.date() + timedelta(days=n) for n in range(-2, 3))
        if is_its(night, its)
    )


def is_its(night: Window, day: date) -> bool:
    """By the leaves of a calendar, in place of arithmetic."""
    its = [
        week[night.weekday] for week in monthcalendar(day.year, day.month) if week[night.weekday]
    ]
    chosen = its if night.nth == 0 else [its[night.nth - 1 if night.nth > 0 else -1]]
    return day.day in chosen


def counted(night: Window, day: date, moment: datetime) -> bool:
    """By looking at the clock each minute of three days."""
    begins = datetime(day.year, day.month, day.day) + night.begins  # noqa: DTZ001  # what clocks show
    ends = datetime(day.year, day.month, day.day) + night.ends  # noqa: DTZ001  # as above
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1)
    minutes = [start + timedelta(minutes=n) for n in range(4 * 24 * 60)]
    shown = [one.astimezone(ZoneInfo(night.zone.key)).replace(tzinfo=None) for one in minutes]
    first = next(one for one, wall in zip(minutes, shown, strict=True) if wall >= begins)
    last = [one for one, wall in zip(minutes, shown, strict=True) if wall < ends][-1]
    return first <= moment <= last
