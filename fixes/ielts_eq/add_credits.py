"""
Add the credits that were paid for and never came, and log them with the checkout session's id.

What was added twice is left to a person, since the user may have spent it. Typed by hand, it adds
what the operator says; a session that is named is accounted for.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict
from uuid import uuid4

from msgspec import Struct

from trueup import Insert, Steps, Update, naive_utc
from trueup.errors import PlanError
from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

if TYPE_CHECKING:
    from trueup.readers.stripe.reader import Stripe

AT_MOST = 500

CREDITS = "User.credits"

ACCOUNTS = """
    select id, credits, "updatedAt"
    from "User"
    where id = any(:users)
    order by id
"""

GRANTED = """
    select metadata ->> 'session' as session, sum(
        case when jsonb_typeof(metadata -> 'credits') = 'number'
            then (metadata ->> 'credits')::numeric end
    )::integer as credits
    from "AnalyticsEvent"
    where metadata ->> 'session' = any(:sessions)
    group by 1
"""

NOBODY = """
find out whose the credits of {session} are

In Stripe, open the checkout session: its metadata names no user who is there, or no number of
credits. See whom its customer, {customer}, is known as.

Add them by hand, with the session's id: trueup plan ielts_eq.add_credits --env production
--reason "…" user_id=… credits=… reason="paid for, never added" admin=… session={session}

If nobody can be found, refund the payment.

trueup check ielts_eq --env production -k added_its_credits
"""

TOO_MUCH = """
take back what {session} brought too much: {granted} credits in place of {bought}

See whether user {user_id} still has them: select credits from "User" where id = {user_id:literal};

Take the rest back, with the session's id: trueup plan ielts_eq.take_back_credits --env production
--reason "…" user_id={user_id} credits={surplus} reason="added twice" admin=… session={session}

If they may keep them, waive it.

trueup check ielts_eq --env production -k added_its_credits
"""


class Row(TypedDict):
    """Who gets how many credits, why, who answers for it, and for which checkout session."""

    user_id: str
    credits: int
    reason: str
    admin: str
    session: str | None


class Grant(Struct, frozen=True):
    """Credits for one account, and what the event about them says."""

    user_id: str
    credits: int
    reason: str
    admin: str
    session: str | None


def plan(
    violations: Sequence[Violation], primary: Reader, stripe: "Stripe | None", now: datetime
) -> Iterator[Change]:
    """The account, with all that it gets, and an event for each grant."""
    if not primary.has_column(CREDITS):
        raise PlanError(f"this system has no {CREDITS}; a migration adds it")
    grants = _grants(violations, primary, stripe)
    asked = primary.rows(ACCOUNTS, users=[g.user_id for g in grants if isinstance(g, Grant)])
    accounts = {account["id"]: account for account in asked}
    total = _total(grants)
    for violation, grant in zip(violations, grants, strict=True):
        if isinstance(grant, Steps):
            yield grant
        elif grant.user_id in accounts:
            account = accounts[grant.user_id]
            yield Update(
                "User",
                key={"id": account["id"]},
                expect={"credits": account["credits"], "updatedAt": account["updatedAt"]},
                set={
                    "credits": int(str(account["credits"])) + total[grant.user_id],
                    "updatedAt": naive_utc(now),
                },
            )
            yield _event(grant, now)
        elif "bought" in violation:
            yield written(NOBODY, violation)
        else:
            raise PlanError(f"there is no user {grant.user_id}")


def _grants(
    violations: Sequence[Violation], primary: Reader, stripe: "Stripe | None"
) -> list[Grant | Steps]:
    """What each is about; steps where it says of nobody, or got too much."""
    named = [str(one["session"]) for one in violations if "bought" in one]
    asked = primary.rows(GRANTED, sessions=named)
    granted = {row["session"]: int(str(row["credits"] or 0)) for row in asked}
    listed = stripe.checkout_sessions() if stripe and named else ()
    metadata = {one["id"]: one["metadata"] for one in listed}
    return [
        _of_session(one, metadata[one["session"]], granted.get(one["session"], 0))
        if "bought" in one
        else _typed(one)
        for one in violations
    ]


def _of_session(violation: Violation, metadata: Mapping[str, Any], granted: int) -> Grant | Steps:
    user, bought = metadata.get("userId"), violation["bought"]
    if user is None or not isinstance(bought, int):
        return written(NOBODY, violation)
    missing = bought - granted
    if missing < 0:
        said = {"user_id": user, "granted": granted, "surplus": -missing}
        return written(TOO_MUCH, {**violation, **said})
    return Grant(user, missing, "paid for, never added", "trueup", str(violation["session"]))


def _typed(row: Violation) -> Grant:
    grant = Grant(**row)  # type: ignore[arg-type]  # the values are checked against Row
    if grant.credits <= 0:
        raise PlanError(f"credits is {grant.credits}; give how many are added, one or more")
    if not grant.reason.strip() or not grant.admin.strip():
        raise PlanError("reason or admin is blank; say why they are added, and who answers for it")
    return grant


def _total(grants: Sequence[Grant | Steps]) -> Counter[str]:
    """What each account gets, once for all that it is owed."""
    total: Counter[str] = Counter()
    for grant in grants:
        if isinstance(grant, Grant):
            total[grant.user_id] += grant.credits
    return total


def _event(grant: Grant, now: datetime) -> Insert:
    said = {"credits": grant.credits, "reason": grant.reason, "admin": grant.admin}
    return Insert(
        "AnalyticsEvent",
        {
            "id": str(uuid4()),
            "userId": grant.user_id,
            "type": "MANUAL_CREDIT_ADDED",
            "metadata": said | ({"session": grant.session} if grant.session else {}),
            "createdAt": naive_utc(now),
        },
    )
