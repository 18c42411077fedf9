"""A maintenance window: a weekday's hours in a zone, of each week or of one in the month."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

ORDINALS = {"": 0, "first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
"""Which of a month's weekdays it is; none of them is each."""

EXAMPLE = "write it as in 'first sunday 02:00-04:00 America/Toronto'"

_WRITTEN = re.compile(
    r"(?:(first|second|third|fourth|last)\s+)?([a-z]+)\s+(\d\d):(\d\d)-(\d\d):(\d\d)\s+(\S+)",
    re.IGNORECASE,
)

_DAY = timedelta(days=1)


class Window(str):
    """
    Hours in which a system may be worked on, as somebody wrote them.

    `begins` and `ends` are what the zone's clocks show, counted from the day's midnight: a window
    may end on the next day. `nth` is which such weekday of the month, 0 for each, -1 for the last.
    """

    __slots__ = ("begins", "ends", "nth", "weekday", "zone")

    weekday: int
    begins: timedelta
    ends: timedelta
    zone: ZoneInfo
    nth: int

    def __new__(cls, text: str) -> "Window":
        """Read it; raises ValueError that says what it is not."""
        written = text.strip()
        found = _WRITTEN.fullmatch(written)
        if found is None:
            raise ValueError(f"{written!r} is no window; {EXAMPLE}")
        nth, weekday, *clock, zone = found.groups()
        if weekday.lower() not in DAYS:
            raise ValueError(f"{weekday!r} is no day of the week; {EXAMPLE}")
        self = super().__new__(cls, written)
        self.weekday = DAYS.index(weekday.lower())
        self.begins, ends = _clock(*clock[:2]), _clock(*clock[2:])
        self.ends = ends if ends > self.begins else ends + _DAY
        self.zone = _zone(zone)
        self.nth = ORDINALS[(nth or "").lower()]
        return self

    def holds(self, at: datetime) -> bool:
        """
        Whether an instant is in it: from when the clocks first show its beginning until its end.

        Where they are put back within it, it lasts an hour longer; where they are put forward, an
        hour less. The end is no longer in it.
        """
        today = at.astimezone(self.zone).date()
        return any(self._is_its(day) and self._is_on(day, at) for day in (today, today - _DAY))

    def _is_its(self, day: date) -> bool:
        if day.weekday() != self.weekday:
            return False
        if self.nth < 0:
            return day.day + 7 > monthrange(day.year, day.month)[1]
        return self.nth in (0, (day.day - 1) // 7 + 1)

    def _is_on(self, day: date, at: datetime) -> bool:
        """Whether its beginning on that day has been, and its end has not."""
        midnight = datetime.combine(day, time())
        begins, ends = midnight + self.begins, midnight + self.ends
        shown = at.astimezone(self.zone).replace(tzinfo=None, fold=0)
        # What the clocks show twice begins at the first time and ends at the second. What they
        # never show is passed when they jump over it.
        begun = shown >= begins or at >= begins.replace(tzinfo=self.zone, fold=0).astimezone(UTC)
        ended = shown >= ends and at >= ends.replace(tzinfo=self.zone, fold=1).astimezone(UTC)
        return begun and not ended


def _clock(hours: str, minutes: str) -> timedelta:
    if int(minutes) > 59 or int(hours) * 60 + int(minutes) > 24 * 60:
        raise ValueError(f"{hours}:{minutes} is no time of day; {EXAMPLE}")
    return timedelta(hours=int(hours), minutes=int(minutes))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # not there, a folder, or no name at all
        raise ValueError(f"{name!r} is no time zone; {EXAMPLE}, or UTC") from None
