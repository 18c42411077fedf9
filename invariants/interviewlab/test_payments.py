"""Payments: what was paid for is granted, once, and Stripe is heard."""

from trueup.library import (
    every_paid_checkout_was_granted_once,
    no_webhook_delivery_has_failed_for_an_hour,
    one_row_per,
    payments_succeed,
    stripe_answers_with_recent_events,
    the_stripe_key_matches_the_environment,
    the_webhook_endpoint_is_enabled,
)

RUNBOOK = "payments-that-granted-nothing"

# What came of a session is what its entitlement's history says, since the balance is used up. A
# session that came twice is for each_checkout_granted_once.
GRANTS = """
    select stripe_session_id as session,
           max(coalesce(came.booked, remaining_interviews, 0)) as amount
    from entitlements as entitlement
    left join (
        select entitlement_id, sum(new_balance - coalesce(previous_balance, 0)) as booked
        from entitlement_history
        where action in ('purchase', 'grant')
        group by entitlement_id
    ) as came on came.entitlement_id = entitlement.id
    where stripe_session_id is not null
    group by stripe_session_id
"""

test_every_paid_checkout_granted_its_interviews = every_paid_checkout_was_granted_once(
    GRANTS,
    "entitlements",
    metadata="tier",
    worth="interviews",
    fix="grant_paid_interviews",
    harm="Somebody paid and cannot start an interview.",
    runbook=RUNBOOK,
)
test_each_checkout_granted_once = one_row_per(
    ["stripe_session_id"],
    "entitlements",
    where="stripe_session_id is not null",
    severity="P0",
    fix="revoke_repeated_grant",
    harm="The webhook grants again when Stripe delivers again: somebody has twice what they paid.",
    runbook=RUNBOOK,
)

test_the_webhook_endpoint_is_enabled = the_webhook_endpoint_is_enabled(runbook=RUNBOOK)
# Delivering again what was granted would grant it twice, also where a fix grants it between the
# plan of a delivery and its apply: then the plan's own violation is gone, and nothing delivered.
test_no_webhook_delivery_has_failed_for_an_hour = no_webhook_delivery_has_failed_for_an_hour(
    "select stripe_session_id from entitlements where stripe_session_id = any(:objects)",
    runbook=RUNBOOK,
)
test_the_stripe_key_matches_the_environment = the_stripe_key_matches_the_environment(
    runbook=RUNBOOK
)

test_payments_succeed = payments_succeed(98, runbook="key-metrics")
test_stripe_answers_with_recent_events = stripe_answers_with_recent_events(runbook="health")
