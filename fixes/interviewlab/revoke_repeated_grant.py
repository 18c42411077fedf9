"""
End what one checkout session granted again: the first grant stays, the others lose their session.

The first is the one that the server logged; of several, the oldest. What was used of a repeated
one is used, and stays in its history.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from trueup.library.steps import written
from trueup.model.change import Change, Insert, Update
from trueup.model.invariant import Row
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 200

GRANTS = """
    select entitlement.id, user_id, stripe_session_id, status, remaining_interviews, metadata,
           (
               select new_balance from entitlement_history as history
               where history.entitlement_id = entitlement.id
               order by created_at desc, new_balance, id desc limit 1
           ) as booked
    from entitlements as entitlement
    where stripe_session_id = any(:sessions)
    order by exists (
        select from entitlement_history as history
        where history.entitlement_id = entitlement.id and history.action = 'purchase'
    ) desc, created_at, id
"""

ANOTHERS = """
find out whose checkout session {stripe_session_id} is

Two users have an entitlement of it, {first} and {user_id}. Users could write their own
entitlements, and copy a session's id.

Open the payment in Stripe's dashboard: the session's metadata names the user who paid. Compare:
select id, user_id, status, remaining_interviews, created_at from entitlements
where stripe_session_id = {stripe_session_id:literal};

End the entitlement of the other, by its id, and log that first: insert into entitlement_history
(user_id, entitlement_id, action, previous_balance, new_balance)
select user_id, id, 'expire', coalesce((select new_balance from entitlement_history as history
where history.entitlement_id = entitlement.id order by created_at desc, new_balance limit 1), 0), 0
from entitlements as entitlement where id = '…';

Then: update entitlements set stripe_session_id = null, status = 'expired', remaining_interviews = 0
where id = '…' and stripe_session_id = {stripe_session_id:literal};

select count(*) from entitlements where stripe_session_id = {stripe_session_id:literal};  -- 1
"""


def plan(violations: Sequence[Violation], primary: Reader, now: datetime) -> Iterator[Change]:
    """All but the first of each session, each with its end in the history."""
    sessions = [one["stripe_session_id"] for one in violations]
    rows = list(primary.rows(GRANTS, sessions=sessions))
    for violation in violations:
        session = violation["stripe_session_id"]
        first, *repeated = [row for row in rows if row["stripe_session_id"] == session]
        others = [row for row in repeated if row["user_id"] != first["user_id"]]
        if others:
            words = {"first": first["user_id"], "user_id": others[0]["user_id"]}
            yield written(ANOTHERS, {**violation, **words})
            continue
        for row in repeated:
            yield from _ended(row, now)


def _ended(row: Row, now: datetime) -> Iterator[Change]:
    said, session = row["metadata"], row["stripe_session_id"]
    yield Update(
        "entitlements",
        key={"id": row["id"]},
        expect={name: row[name] for name in ("status", "remaining_interviews")},
        set={
            "stripe_session_id": None,
            "status": "expired",
            "remaining_interviews": 0,
            "metadata": {**(said if isinstance(said, dict) else {}), "repeats": session},
        },
    )
    yield Insert(
        "entitlement_history",
        {
            "user_id": row["user_id"],
            "entitlement_id": row["id"],
            "action": "expire",
            "previous_balance": row["booked"] or 0,
            "new_balance": 0,
            "metadata": {"revoked_by": "trueup", "reason": f"repeats {session}"},
            "created_at": now,
        },
    )
