"""
Take back the credits whose payment was refunded, and log that with the refund's id.

Of what the user has spent nothing is taken: credits never fall below zero. A refund of a part takes
that part, where it is a whole number of credits. Typed by hand, it takes what the operator says.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict
from uuid import uuid4

from msgspec import Struct
from msgspec.structs import asdict, replace

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
    select metadata ->> 'session' as session, min("userId") as user_id, sum(
        case when jsonb_typeof(metadata -> 'credits') = 'number'
            then (metadata ->> 'credits')::numeric end
    )::integer as credits
    from "AnalyticsEvent"
    where metadata ->> 'session' = any(:sessions)
    group by 1
    having count(distinct "userId") = 1
"""

BY_HAND = """
settle the credits of refund {refund}: {trouble}

In Stripe, open payment {payment}: how much of it went back, and what had it bought?

See what was done about it: select id, "userId", metadata, "createdAt" from "AnalyticsEvent"
where metadata ->> 'refund' = {refund:literal} order by "createdAt";

If it was never taken back, decide how many credits the part was worth: trueup plan
ielts_eq.take_back_credits --env production --reason "…" user_id=… credits=… reason="refunded"
admin=… refund={refund}

If it was taken back twice, give back what was too much (trueup plan ielts_eq.add_credits …), and
let the second event no longer name the refund: update "AnalyticsEvent"
set metadata = metadata - 'refund' where id = '…';

trueup check ielts_eq --env production -k took_its_credits
"""


class Row(TypedDict):
    """Who loses how many credits, why, who answers for it, and which refund or session it was."""

    user_id: str
    credits: int
    reason: str
    admin: str
    refund: str | None
    session: str | None


class Debt(Struct, frozen=True):
    """Credits that one account owes, and what the event about them says."""

    user_id: str
    credits: int
    reason: str
    admin: str
    refund: str | None = None
    session: str | None = None


def plan(
    violations: Sequence[Violation], primary: Reader, stripe: "Stripe | None", now: datetime
) -> Iterator[Change]:
    """The account, without all that it owes, and an event for each debt."""
    if not primary.has_column(CREDITS):
        raise PlanError(f"this system has no {CREDITS}; a migration adds it")
    debts = _debts(violations, primary, stripe)
    asked = primary.rows(ACCOUNTS, users=[one.user_id for one in debts if isinstance(one, Debt)])
    accounts = {account["id"]: account for account in asked}
    left = {str(user): int(str(account["credits"])) for user, account in accounts.items()}
    paid = [_paid(one, left) if isinstance(one, Debt) else one for one in debts]
    for _, debt in zip(violations, paid, strict=True):
        if isinstance(debt, Steps):
            yield debt
            continue
        account = accounts[debt.user_id]
        yield Update(
            "User",
            key={"id": account["id"]},
            expect={"credits": account["credits"], "updatedAt": account["updatedAt"]},
            set={"credits": left[debt.user_id], "updatedAt": naive_utc(now)},
        )
        yield _event(debt, now)


def _debts(
    violations: Sequence[Violation], primary: Reader, stripe: "Stripe | None"
) -> list[Debt | Steps]:
    """What each is about; steps where a program cannot tell how many credits that is."""
    payments = [str(one["payment"]) for one in violations if "payment" in one]
    sold = stripe.sessions_of(payments) if stripe and payments else {}
    refunds = {one["id"]: one for one in stripe.refunds()} if stripe and payments else {}
    asked = primary.rows(GRANTED, sessions=[one["id"] for one in sold.values() if one])
    granted = {row["session"]: row for row in asked}
    debts: list[Debt | Steps] = []
    for one in violations:
        if "payment" not in one:
            debts.append(_typed(one))
            continue
        session = sold[str(one["payment"])] or {}
        debt = _of_refund(refunds[one["refund"]], session, granted.get(session.get("id")))
        is_new = one["trouble"] == "never taken back"
        debts.append(debt if debt and is_new else written(BY_HAND, one))
    return debts


def _of_refund(
    refund: Mapping[str, Any], session: Mapping[str, Any], granted: Mapping[str, Any] | None
) -> Debt | None:
    """The part of what was granted that the refund is of what was paid; None where it is none."""
    paid = session.get("amount_total") or 0
    if granted is None or granted["credits"] is None or not paid:
        return None
    owed, rest = divmod(granted["credits"] * refund["amount"], paid)
    return None if rest else Debt(granted["user_id"], owed, "refunded", "trueup", refund["id"])


def _typed(row: Violation) -> Debt:
    debt = Debt(**row)  # type: ignore[arg-type]  # the values are checked against Row
    if debt.credits <= 0:
        raise PlanError(f"credits is {debt.credits}; give how many are taken, one or more")
    if not debt.reason.strip() or not debt.admin.strip():
        raise PlanError("reason or admin is blank; say why they are taken, and who answers for it")
    return debt


def _paid(debt: Debt, left: dict[str, int]) -> Debt:
    """What of it the account can pay; `left` is what each account has then."""
    if debt.user_id not in left:
        raise PlanError(f"there is no user {debt.user_id}")
    paid = max(0, min(debt.credits, left[debt.user_id]))
    left[debt.user_id] -= paid
    return replace(debt, credits=paid)


def _event(debt: Debt, now: datetime) -> Insert:
    said = {name: value for name, value in asdict(debt).items() if value is not None}
    del said["user_id"]
    return Insert(
        "AnalyticsEvent",
        {
            "id": str(uuid4()),
            "userId": debt.user_id,
            "type": "MANUAL_CREDIT_ADDED",
            "metadata": said | {"credits": -debt.credits},
            "createdAt": naive_utc(now),
        },
    )
