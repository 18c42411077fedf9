"""Instants in the two forms that databases keep them in."""

from datetime import UTC, datetime, timedelta

from trueup.errors import ConfigError

UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def naive_utc(moment: datetime) -> datetime:
    """
    The same instant as a `timestamp` column holds it that keeps UTC and does not say so.

    Prisma makes such columns. Raises ValueError for a moment without an offset, of which nobody
    knows when it is.
    """
    if moment.tzinfo is None:
        raise ValueError("the moment has no offset; start from `now`, which has one")
    return moment.astimezone(UTC).replace(tzinfo=None)


def span(text: str) -> timedelta:
    """A span of time as people write it, as in 90m, 2h or 1d; raises ConfigError for another."""
    number, unit = text[:-1], text[-1:]
    if not number.isdigit() or int(number) == 0 or unit not in UNITS:
        raise ConfigError(f"{text!r} is no span of time; write it as in 90m, 2h or 1d")
    try:
        return int(number) * UNITS[unit]
    except OverflowError:
        raise ConfigError(f"{text!r} is longer than anybody waits; write it as in 2h") from None
