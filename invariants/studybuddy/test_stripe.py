"""Stripe: what customers paid for is what the database says, and every event was heard."""

from trueup.library import (
    Mirror,
    every_live_stripe_subscription_is_mirrored,
    every_mirrored_subscription_exists_in_stripe,
    every_stripe_event_was_recorded,
    no_webhook_delivery_has_failed_for_an_hour,
    the_stripe_key_matches_the_environment,
    the_webhook_endpoint_is_enabled,
)

RUNBOOK = "stripe-webhook-failures"

SUBSCRIPTIONS = Mirror(
    table="subscriptions",
    rows="""
        select id, user_id, stripe_customer_id as customer,
               stripe_subscription_id as subscription, status, current_period_end as period_end
        from subscriptions
    """,
    # As the webhook's handler maps them; whatever else there is, it takes for expired.
    statuses={
        "active": "active",
        "trialing": "trialing",
        "past_due": "past_due",
        "canceled": "canceled",
        "paused": "canceled",
        "unpaid": "expired",
        "incomplete": "expired",
        "incomplete_expired": "expired",
    },
)

RECORDED = "select event_id as event from webhook_events where event_id = any(:events)"

test_every_live_stripe_subscription_is_mirrored = every_live_stripe_subscription_is_mirrored(
    SUBSCRIPTIONS, runbook=RUNBOOK
)
test_every_mirrored_subscription_exists_in_stripe = every_mirrored_subscription_exists_in_stripe(
    SUBSCRIPTIONS, runbook=RUNBOOK
)
test_every_stripe_event_was_recorded = every_stripe_event_was_recorded(
    RECORDED, "webhook_events", runbook=RUNBOOK
)
test_the_webhook_endpoint_is_enabled = the_webhook_endpoint_is_enabled(runbook=RUNBOOK)
test_no_webhook_delivery_has_failed_for_an_hour = no_webhook_delivery_has_failed_for_an_hour(
    runbook=RUNBOOK
)
test_the_stripe_key_matches_the_environment = the_stripe_key_matches_the_environment(
    runbook=RUNBOOK
)
