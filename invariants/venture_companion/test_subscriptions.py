"""Subscriptions: whoever pays has the tier that they pay for, and whoever does not pay has none."""

from trueup import invariant

RUNBOOK = "billing-and-stripe"

SUBSCRIBED = (
    "id",
    "user_id",
    "subscription_status",
    "subscription_tier",
    "subscription_current_period_end",
    "stripe_customer_id is not null as has_customer",
)

PAYING_FOR_THE_FREE_TIER = (
    "subscription_status = 'active' and coalesce(subscription_tier, 'free') = 'free'"
)


@invariant(
    severity="P1",
    over="user_profiles",
    fix="sync_profile_from_stripe",
    runbook=RUNBOOK,
    show=["subscription_status", "subscription_tier"],
)
def test_every_active_subscriber_has_a_paid_tier(replica):
    """No webhook sets the tier, and limits go by it: they pay, and get no more than for nothing."""
    return replica.where("user_profiles", PAYING_FOR_THE_FREE_TIER, columns=SUBSCRIBED)


TIER_FOR_NOTHING = """
    coalesce(subscription_tier, 'free') <> 'free'
      and subscription_status is distinct from 'active'
"""


@invariant(
    severity="P1",
    over="user_profiles",
    fix="sync_profile_from_stripe",
    runbook=RUNBOOK,
    show=["subscription_status", "subscription_tier"],
)
def test_every_paid_tier_has_an_active_subscription(replica):
    """
    Limits go by the tier alone: whoever cancelled, or wrote it themselves, has it for nothing.

    Users may update their own profile, this column included.
    """
    return replica.where("user_profiles", TIER_FOR_NOTHING, columns=SUBSCRIBED)


UNKNOWN_TIER = "coalesce(subscription_tier, 'free') <> all(cast(:tiers as text[]))"


@invariant(
    severity="P1",
    over="user_profiles",
    fix="add_tier_limits",
    runbook="usage-limits",
    show=["subscription_status", "subscription_tier"],
)
def test_every_tier_in_use_has_its_limits(replica, settings):
    """The code takes a tier that it does not know for one that may do nothing: all is refused."""
    return replica.where(
        "user_profiles",
        UNKNOWN_TIER,
        columns=["id", "user_id", "subscription_tier", "subscription_status"],
        tiers=list(settings["tiers"]),
    )
