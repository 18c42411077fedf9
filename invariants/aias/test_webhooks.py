"""Webhooks: what Stripe and the tenants' own tools tell is heard, and acted upon."""

from datetime import timedelta

from trueup import invariant
from trueup.library import (
    no_webhook_delivery_has_failed_for_an_hour,
    the_stripe_key_matches_the_environment,
    the_webhook_endpoint_is_enabled,
    webhooks_succeed,
)

RUNBOOK = "stripe-webhook-failures"

UNPROCESSED = "processed is not true and created_at < :deadline"


@invariant(
    severity="P1",
    over="webhook_events",
    fix="process_webhook_events",
    runbook=RUNBOOK,
    show=["event", "source", "type"],
    needs=["webhook_events.processed"],
)
def test_every_webhook_event_is_processed_within_ten_minutes(replica, now):
    """It was accepted, so that the sender believes us, and nothing was done about it."""
    return replica.where(
        "webhook_events",
        UNPROCESSED,
        columns=[
            "id",
            "case when source = 'stripe' then payload ->> 'id' end as event",
            "source",
            "event as type",
            "created_at",
            "tenant_id",
        ],
        deadline=now - timedelta(minutes=10),
    )


test_webhooks_succeed = webhooks_succeed(99, runbook=RUNBOOK)
test_the_webhook_endpoint_is_enabled = the_webhook_endpoint_is_enabled(runbook=RUNBOOK)
test_no_webhook_delivery_has_failed_for_an_hour = no_webhook_delivery_has_failed_for_an_hour(
    runbook=RUNBOOK
)
test_the_stripe_key_matches_the_environment = the_stripe_key_matches_the_environment(
    runbook=RUNBOOK
)
