"""
Grant what was paid for in Stripe and never came: the entitlement and its purchase in the history.

Whose it is, and which tier, is what our own checkout wrote into the session's metadata. The new
rows' ids are made of the session's, so that one session is never granted twice by this. What was
granted in part is filled up while it runs; what has ended since, what was granted beyond what was
paid, and what another user's row names is for a person.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, UUID, uuid5

from trueup import Insert, Update
from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.invariant import Row
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

if TYPE_CHECKING:
    from trueup.readers.stripe.reader import Stripe

AT_MOST = 200

CURRENCIES = ("USD", "AUD")

USERS = "select id from auth.users where id = any(:ids)"

GRANTED = """
    select entitlement.id, user_id, stripe_session_id, status, remaining_interviews, expires_at,
           (
               select sum(new_balance - coalesce(previous_balance, 0))
               from entitlement_history as history
               where history.entitlement_id = entitlement.id
                 and history.action in ('purchase', 'grant')
           ) as came,
           (
               select new_balance from entitlement_history as history
               where history.entitlement_id = entitlement.id
               order by created_at desc, new_balance, id desc limit 1
           ) as booked
    from entitlements as entitlement
    where stripe_session_id = any(:sessions)
    order by created_at, id
"""

FIND_OUT = """
find out who paid for checkout session {session}, and for what

It is paid for, and {wrong}. Its metadata names user {user_id} and tier {tier}; its currency is
{currency}.

Open the payment in Stripe's dashboard and search for {session}. Do not go by the e-mail alone:
anybody can type one.

If the tier is a new one, write it into trueup.toml, under interviews in the system's settings, and
plan this again.

If the account or the currency is another, grant it by hand: trueup plan
interviewlab.grant_interviews user_id=… interviews=… reason="{session}" --env production
--reason "…", and write the session into the new row: update entitlements
set stripe_session_id = {session:literal} where id = '…';

If the row of another names it, who copied it, write it out of theirs and plan this again: update
entitlements set stripe_session_id = null where stripe_session_id = {session:literal}
and user_id = '…';

If they deleted their account, or nobody can be found, refund the payment in Stripe.

select user_id, status from entitlements where stripe_session_id = {session:literal};
"""

TOO_MUCH = """
find out why checkout session {session} granted more than it paid for

It is worth {bought} interviews, and {came} were granted.

Read the history: select action, previous_balance, new_balance, metadata, created_at
from entitlement_history where entitlement_id = {id:literal} order by created_at;

If nobody granted the rest on purpose, take back what is left of it: update entitlements
set remaining_interviews = {kept} where id = {id:literal} and remaining_interviews = {left}; and log
that: insert into entitlement_history (user_id, entitlement_id, action, previous_balance,
new_balance) values ({user_id:literal}, {id:literal}, 'expire', {left}, {kept});

The history goes on saying what was granted, so write a waiver either way, with the reason.

select remaining_interviews from entitlements where id = {id:literal};
"""

ENDED = """
decide what is owed for checkout session {session}

It is worth {bought} interviews, and {came} were granted. Entitlement {id} of user {user_id} is
{status}, and its last day was {expires_at}.

Find out why it ended: select action, previous_balance, new_balance, metadata, created_at
from entitlement_history where entitlement_id = {id:literal} order by created_at;

If the rest is owed, let it run again and plan this again: update entitlements
set status = 'consumed', expires_at = null where id = {id:literal};

If it is not, write a waiver, with the reason; or refund the payment in Stripe.

select status, expires_at from entitlements where id = {id:literal};
"""


def plan(
    violations: Sequence[Violation], primary: Reader, stripe: "Stripe | None", now: datetime
) -> Iterator[Change]:
    """One session each: both rows, or neither."""
    sessions = [str(one["session"]) for one in violations]
    said = _said(stripe, sessions)
    ids = [user for one in said.values() if (user := _user(one))]
    users = {row["id"] for row in primary.rows(USERS, ids=ids)}
    found = primary.rows(GRANTED, sessions=sessions)
    there = {row["stripe_session_id"]: row for row in reversed(list(found))}
    for violation in violations:
        one, row = said.get(str(violation["session"]), {}), there.get(violation["session"])
        wrong = _wrong(violation, one, users, row)
        if wrong:
            yield written(FIND_OUT, {**violation, **_words(one), "wrong": wrong})
        elif row is not None:
            yield from _filled_up(violation, row, now)
        else:
            yield from _granted(violation, one, now)


def _wrong(
    violation: Violation, one: Mapping[str, Any], users: Collection[object], row: Row | None
) -> str:
    """Why nothing can be granted for it; empty where it can."""
    if violation["bought"] is None:
        return "the settings do not know what its tier is worth"
    if row is not None:
        return "" if row["user_id"] == _user(one) else "the row that names it is another user's"
    if _user(one) not in users:
        return "the user is not there"
    return "" if _currency(one) in CURRENCIES else "we sell in USD and AUD alone"


def _said(stripe: "Stripe | None", sessions: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """The sessions as Stripe has them, by their ids."""
    wanted = set(sessions)
    listed = stripe.checkout_sessions() if stripe else ()
    return {one["id"]: one for one in listed if one["id"] in wanted}


def _user(one: Mapping[str, Any]) -> UUID | None:
    try:
        return UUID(str((one.get("metadata") or {}).get("user_id")))
    except ValueError:
        return None


def _currency(one: Mapping[str, Any]) -> str:
    return str(one.get("currency") or "").upper()


def _words(one: Mapping[str, Any]) -> dict[str, str]:
    said = one.get("metadata") or {}
    named = {name: str(said.get(name, "none")) for name in ("user_id", "tier")}
    return {**named, "currency": _currency(one) or "unknown"}


def _granted(violation: Violation, one: Mapping[str, Any], now: datetime) -> Iterator[Change]:
    session, bought = violation["session"], violation["bought"]
    entitlement, tier = uuid5(NAMESPACE_URL, f"entitlement of {session}"), one["metadata"]["tier"]
    has_more = tier != "starter"
    yield Insert(
        "entitlements",
        {
            "id": entitlement,
            "user_id": _user(one),
            "type": "interview_package",
            "status": "active",
            "tier": tier,
            "remaining_interviews": bought,
            "purchase_type": "one_time",
            "perks": {"voice_mode": has_more, "multi_stage": has_more},
            "stripe_session_id": session,
            "currency": _currency(one),
            "created_at": now,
        },
    )
    yield Insert(
        "entitlement_history",
        {
            "id": uuid5(NAMESPACE_URL, f"purchase of {session}"),
            "user_id": _user(one),
            "entitlement_id": entitlement,
            "action": "purchase",
            "previous_balance": 0,
            "new_balance": bought,
            "metadata": {"granted_by": "trueup", "reason": "the webhook's delivery was lost"},
            "created_at": now,
        },
    )


def _filled_up(violation: Violation, row: Row, now: datetime) -> Iterator[Change]:
    """What is missing is added to what is left of what came."""
    left = int(str(row["remaining_interviews"] or 0))
    came = left if row["came"] is None else int(str(row["came"]))
    missing = int(str(violation["bought"])) - came
    words = {**violation, **row, "came": came, "left": left, "kept": max(left + missing, 0)}
    if missing <= 0:
        yield written(TOO_MUCH, words)
    elif _has_ended(row, now):
        yield written(ENDED, {**words, "expires_at": row["expires_at"] or "never said"})
    else:
        yield from _added(row, left + missing, now)


def _has_ended(row: Row, now: datetime) -> bool:
    ends = row["expires_at"]
    return row["status"] == "expired" or (isinstance(ends, datetime) and ends < now)


def _added(row: Row, balance: int, now: datetime) -> Iterator[Change]:
    yield Update(
        "entitlements",
        key={"id": row["id"]},
        expect={name: row[name] for name in ("status", "remaining_interviews")},
        set={"remaining_interviews": balance, "status": "active", "consumed_at": None},
    )
    yield Insert(
        "entitlement_history",
        {
            "user_id": row["user_id"],
            "entitlement_id": row["id"],
            "action": "grant",
            "previous_balance": row["booked"] or 0,
            "new_balance": balance,
            "metadata": {"granted_by": "trueup", "reason": "granted less than was paid for"},
            "created_at": now,
        },
    )
