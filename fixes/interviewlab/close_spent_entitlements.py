"""
Close entitlements with nothing left, and those that have expired; no balance stays below zero.

What an expired one had left is taken to zero, and the history says so in the same breath. Where it
did not agree with the balance before, what is left stays: without it nobody could tell what lapsed
from what was used and never logged.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from trueup import Insert, Update
from trueup.model.change import Change
from trueup.model.invariant import Row
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 500

LAST = """
    select distinct on (entitlement_id) entitlement_id, new_balance, created_at
    from entitlement_history
    where entitlement_id = any(:ids)
    order by entitlement_id, created_at desc, new_balance, id desc
"""

AFTERWARDS = timedelta(microseconds=1)


def plan(violations: Sequence[Violation], primary: Reader, now: datetime) -> Iterator[Change]:
    """One entitlement each, with a row of the history where its balance changes."""
    ids = [entitlement["id"] for entitlement in violations]
    booked = {row["entitlement_id"]: row for row in primary.rows(LAST, ids=ids)}
    for entitlement in violations:
        left = int(str(entitlement["remaining_interviews"] or 0))
        last = booked.get(entitlement["id"])
        agrees = last is not None and last["new_balance"] == left
        yield Update(
            "entitlements",
            key={"id": entitlement["id"]},
            expect={name: entitlement[name] for name in ("status", "remaining_interviews")},
            set={
                "remaining_interviews": 0 if agrees else max(left, 0),
                **_closed(entitlement, left, now),
            },
        )
        if left and last is not None and agrees:
            yield _logged(entitlement, left, _after(last, now))


def _closed(entitlement: Violation, left: int, now: datetime) -> dict[str, object]:
    """Expired where it lapsed with something left, else used up; a subscription only lapses."""
    ends, is_subscription = entitlement["expires_at"], entitlement["type"] == "subscription"
    has_lapsed = isinstance(ends, datetime) and ends < now
    if has_lapsed and (left > 0 or is_subscription):
        return {"status": "expired"}
    if entitlement["status"] == "active" and not is_subscription:
        return {"status": "consumed", "consumed_at": now}
    return {}


def _after(last: Row, now: datetime) -> datetime:
    """Now, or just after the last row where that was logged at this same moment."""
    at = last["created_at"]
    return max(now, at + AFTERWARDS) if isinstance(at, datetime) else now


def _logged(entitlement: Violation, left: int, at: datetime) -> Insert:
    return Insert(
        "entitlement_history",
        {
            "user_id": entitlement["user_id"],
            "entitlement_id": entitlement["id"],
            "action": "expire",  # below zero too: a grant would count as bought
            "previous_balance": left,
            "new_balance": 0,
            "metadata": {"closed_by": "trueup"},
            "created_at": at,
        },
    )
