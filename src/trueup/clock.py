"""Instants in the two forms that databases keep them in."""

from datetime import UTC, datetime


def naive_utc(moment: datetime) -> datetime:
    """
    The same instant as a `timestamp` column holds it that keeps UTC and does not say so.

    Prisma makes such columns. Raises ValueError for a moment without an offset, of which nobody
    knows when it is.
    """
    if moment.tzinfo is None:
        raise ValueError("the moment has no offset; start from `now`, which has one")
    return moment.astimezone(UTC).replace(tzinfo=None)
