"""
Set a user's subscription by hand: its status, its plan, and until when.

Credits follow by the database's own trigger. What Stripe says is not changed: the next event, or
sync_subscription_from_stripe, brings it back.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal, TypedDict
from uuid import UUID

from trueup import Update
from trueup.errors import PlanError
from trueup.model.change import Change
from trueup.model.invariant import Row as Found
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 50

SUBSCRIPTIONS = """
    select subscriptions.id, status, subscriptions.updated_at, plans.id as plan
    from subscriptions
    left join plans on plans.name = :plan
    where user_id = :user
    order by subscriptions.id
"""


class Row(TypedDict):
    """Whose subscription, and what it is to be; `plan` is a name, and without one theirs stays."""

    user_id: UUID
    status: Literal["active", "trialing", "canceled", "expired", "past_due"]
    plan: str | None
    until: datetime | None


def plan(rows: Sequence[Violation], primary: Reader) -> Iterator[Change]:
    """One subscription each; whoever has none signs up first."""
    for row in rows:
        found = next(iter(primary.rows(SUBSCRIPTIONS, user=row["user_id"], plan=row["plan"])), None)
        if found is None:
            raise PlanError(f"user {row['user_id']} has no subscription; they sign up first")
        if row["plan"] is not None and found["plan"] is None:
            raise PlanError(f"there is no plan {row['plan']!r}")
        yield Update(
            "subscriptions",
            key={"id": found["id"]},
            expect={"status": found["status"], "updated_at": found["updated_at"]},
            set=_set(row, found),
        )


def _set(row: Violation, found: Found) -> dict[str, object]:
    ends = "trial_end" if row["status"] == "trialing" else "current_period_end"
    return {
        "status": row["status"],
        **({"plan_id": found["plan"]} if row["plan"] is not None else {}),
        **({ends: row["until"]} if row["until"] else {}),
    }
