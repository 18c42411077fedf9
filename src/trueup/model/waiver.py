"""A waiver: violations that somebody accepted, for a reason, until the end of a day."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

LONGEST = timedelta(days=90)
"""How far from today a waiver's last day may be; whoever wants longer has to look again."""


class Waiver(Struct, frozen=True, kw_only=True):
    """
    What is accepted: the violations with these keys, or all of them where `keys` is None.

    It is in force until the end of its last day in its zone; without an environment, in each.
    """

    invariant: str
    keys: frozenset[str] | None
    reason: str
    owner: str
    approver: str
    last_day: date
    zone: str
    environment: str | None = None

    @property
    def ends(self) -> datetime:
        """The first instant at which it is no longer in force."""
        next_day = self.last_day + timedelta(days=1)
        return datetime.combine(next_day, time(), ZoneInfo(self.zone)).astimezone(UTC)

    def covers(self, key: str) -> bool:
        """Whether it speaks of the violation with this key."""
        return self.keys is None or key in self.keys

    def concerns(self, environment: str) -> bool:
        """Whether it speaks of this environment."""
        return self.environment in (None, environment)
