"""
Log the interviews that were used up and never written into the history.

The site does it as the user, whom row-level security refuses. Each missing row gets a session of
that entitlement which no row names yet, the oldest first; where there are too few, none. A balance
above the history is no consumption: somebody granted, or took, and a person has to say which.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from trueup.library.steps import written
from trueup.model.change import Change, Insert
from trueup.model.invariant import Row
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 500

LAST = """
    select entitlement_id, max(created_at) as at
    from entitlement_history
    where entitlement_id = any(:ids)
    group by entitlement_id
"""

HELD = """
    select id, entitlement_id, created_at
    from sessions as session
    where entitlement_id = any(:ids)
      and not exists (
          select from entitlement_history as history
          where history.interview_session_id = session.id
      )
    order by created_at, id
"""

AFTERWARDS = timedelta(microseconds=1)

ABOVE = """
find out where {more} interviews of entitlement {id} came from

User {user_id} has {balance} left, and the history says {booked}. Users could write their own
entitlements, so the number proves nothing.

Look for a grant: ask support, and see whether it names a payment: select status, tier, metadata,
stripe_session_id, created_at from entitlements where id = {id:literal}; a session's id must be in
Stripe, paid, with this user in its metadata, and a whop_membership_id in Whop, with their e-mail.

If it was bought or granted, log it: insert into entitlement_history (user_id, entitlement_id,
action, previous_balance, new_balance, metadata) values ({user_id:literal}, {id:literal}, 'grant',
{before}, {balance}, '{{"manual": true, "reason": "…"}}');

If it was not, take it back: update entitlements set remaining_interviews = {before},
status = {status_then} where id = {id:literal} and remaining_interviews = {balance}; and where there
is no history at all, log that too: insert into entitlement_history (user_id, entitlement_id,
action, previous_balance, new_balance) values ({user_id:literal}, {id:literal}, 'expire', 0, 0);

select remaining_interviews from entitlements where id = {id:literal};
"""


def plan(violations: Sequence[Violation], primary: Reader, now: datetime) -> Iterator[Change]:
    """One row an interview, so that each continues the last."""
    ids = [entitlement["id"] for entitlement in violations]
    last = {row["entitlement_id"]: row["at"] for row in primary.rows(LAST, ids=ids)}
    held: dict[object, list[Row]] = {}
    for session in primary.rows(HELD, ids=ids):
        held.setdefault(session["entitlement_id"], []).append(session)
    for entitlement in violations:
        balance, booked = entitlement["balance"], entitlement["booked"]
        if booked is None or int(str(balance)) > int(str(booked)):
            yield written(ABOVE, {**entitlement, **_above(entitlement)})
            continue
        key = entitlement["id"]
        yield from _consumed(entitlement, held.get(key, []), _instant(last[key], now), now)


def _above(entitlement: Mapping[str, object]) -> dict[str, object]:
    before = int(str(entitlement["booked"] or 0))
    more = int(str(entitlement["balance"])) - before
    booked = "nothing" if entitlement["booked"] is None else before
    status_then = "status" if before > 0 else "'expired'"
    return {"before": before, "more": more, "booked": booked, "status_then": status_then}


def _instant(found: object, otherwise: datetime) -> datetime:
    return found if isinstance(found, datetime) else otherwise


def _consumed(
    entitlement: Violation, held: Sequence[Row], last: datetime, now: datetime
) -> Iterator[Change]:
    """From what was booked down to what is left; each row is later than the one before it."""
    booked, balance = int(str(entitlement["booked"])), int(str(entitlement["balance"]))
    for place, before in enumerate(range(booked, balance, -1)):
        session = held[place] if place < len(held) else None
        at = _instant(session["created_at"], now) if session else now
        last = max(at, last + AFTERWARDS)
        yield Insert(
            "entitlement_history",
            {
                "user_id": entitlement["user_id"],
                "entitlement_id": entitlement["id"],
                "action": "consume",
                "interview_session_id": session["id"] if session else None,
                "previous_balance": before,
                "new_balance": before - 1,
                "metadata": {"logged_by": "trueup"},
                "created_at": last,
            },
        )
