"""Stripe: what customers paid for is what profiles say, and every event was heard."""

from datetime import timedelta

from trueup import invariant
from trueup.library import (
    Mirror,
    every_live_stripe_subscription_is_mirrored,
    every_mirrored_subscription_exists_in_stripe,
    every_named_customer_exists_in_stripe,
    every_paying_row_names_its_customer,
    no_webhook_delivery_has_failed_for_an_hour,
    the_stripe_key_matches_the_environment,
    the_webhook_endpoint_is_enabled,
)

RUNBOOK = "billing-and-stripe"

CUSTOMER = "user_profiles.stripe_customer_id"

PROFILES = Mirror(
    table="user_profiles",
    rows="""
        select id, user_id::text as user_id, stripe_customer_id as customer,
               subscription_status as status, subscription_current_period_end as period_end,
               coalesce(subscription_tier, 'free') as plan
        from user_profiles
    """,
    # As the webhook's handler maps them: whatever is not active, it takes for inactive.
    statuses={
        "active": "active",
        "trialing": "inactive",
        "past_due": "inactive",
        "canceled": "inactive",
        "unpaid": "inactive",
        "paused": "inactive",
        "incomplete": "inactive",
        "incomplete_expired": "inactive",
    },
)

test_every_live_stripe_subscription_is_mirrored = every_live_stripe_subscription_is_mirrored(
    PROFILES,
    fix="sync_profile_from_stripe",
    harm="A customer pays for what they do not get, or gets what they do not pay for. The webhook"
    " only updates: who pays and has no profile is dropped without a word.",
    runbook=RUNBOOK,
)

# A profile can be written by its user, all of it: an active one is believed if Stripe knows of it.
test_every_mirrored_subscription_exists_in_stripe = every_mirrored_subscription_exists_in_stripe(
    PROFILES,
    fix="sync_profile_from_stripe",
    harm="Somebody has a paid tier whose customer never subscribed to anything: they wrote it into"
    " their profile themselves.",
    runbook=RUNBOOK,
)

NAMING = """
    select id, user_id::text as user_id, stripe_customer_id as customer,
           subscription_status = 'active' as pays
    from user_profiles
    order by id
"""

test_every_paying_profile_names_its_stripe_customer = every_paying_row_names_its_customer(
    NAMING,
    CUSTOMER,
    harm="Webhooks find a profile by its customer: a renewal and a cancellation pass this one by.",
    runbook=RUNBOOK,
)
test_every_named_customer_exists_in_stripe = every_named_customer_exists_in_stripe(
    NAMING, CUSTOMER, runbook=RUNBOOK
)

FAILED = "status = 'failed' and (created_at < :since) is not true"


@invariant(
    severity="P1",
    over="stripe_webhook_events",
    fix="replay_stripe_events",
    runbook=RUNBOOK,
    show=["event", "type"],
    needs=["stripe_webhook_events.stripe_event_id"],
)
def test_no_webhook_event_failed(replica, now):
    """
    Stripe told us of a payment, and we failed to write it down.

    Of the last thirty days, for which Stripe can tell it again, or of nobody knows when; what is
    older shows only where profiles and subscriptions differ.
    """
    return replica.where(
        "stripe_webhook_events",
        FAILED,
        columns=["id", "stripe_event_id as event", "event_type as type", "created_at"],
        since=now - timedelta(days=30),
    )


test_the_webhook_endpoint_is_enabled = the_webhook_endpoint_is_enabled(runbook=RUNBOOK)
test_no_webhook_delivery_has_failed_for_an_hour = no_webhook_delivery_has_failed_for_an_hour(
    runbook=RUNBOOK
)
test_the_stripe_key_matches_the_environment = the_stripe_key_matches_the_environment(
    runbook=RUNBOOK
)
