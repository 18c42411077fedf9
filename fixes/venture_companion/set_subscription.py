"""
Set a user's subscription by hand: its status, its tier, and the customer in Stripe who pays.

What Stripe says is not changed: the next event, or sync_profile_from_stripe, brings it back.
"""

from collections.abc import Iterator, Sequence
from typing import Literal, TypedDict
from uuid import UUID

from trueup import Update
from trueup.errors import PlanError
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 50

PROFILES = """
    select id, user_id::text as user_id, subscription_status, subscription_tier,
           stripe_customer_id, updated_at
    from user_profiles
    where user_id::text = any(cast(:users as text[]))
    order by id
"""


class Row(TypedDict):
    """Whose subscription, and what it is to be; without a `customer`, theirs stays."""

    user_id: UUID
    status: Literal["free", "active", "inactive", "canceled", "past_due"]
    tier: Literal["free", "pro", "pro+", "enterprise"]
    customer: str | None


def plan(rows: Sequence[Violation], primary: Reader) -> Iterator[Change]:
    """One profile each; whoever has none signs in first."""
    asked = primary.rows(PROFILES, users=[str(row["user_id"]) for row in rows])
    known = {profile["user_id"]: profile for profile in asked}
    for row in rows:
        profile = known.get(str(row["user_id"]))
        if profile is None:
            raise PlanError(f"user {row['user_id']} has no profile; they sign in first")
        named = {"stripe_customer_id": row["customer"]} if row["customer"] else {}
        wanted = {"subscription_status": row["status"], "subscription_tier": row["tier"]} | named
        yield Update(
            "user_profiles",
            key={"id": profile["id"]},
            expect={name: profile[name] for name in (*wanted, "updated_at")},
            set=wanted,
        )
