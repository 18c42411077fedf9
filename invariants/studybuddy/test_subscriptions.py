"""Subscriptions: whoever pays has what they pay for, and whoever does not pay does not."""

from datetime import timedelta

from trueup import invariant

WITHOUT_PLAN = "status = 'active' and plan_id is null"


@invariant(
    severity="P1",
    over="subscriptions",
    fix="sync_subscription_from_stripe",
    runbook="stripe-webhook-failures",
    show=["status"],
)
def test_every_active_subscription_has_a_plan(replica):
    """No webhook sets the plan: the customer pays, and is held to the limits of the free one."""
    return replica.where(
        "subscriptions",
        WITHOUT_PLAN,
        columns=["id", "user_id", "status", "current_period_end", "last_webhook_at"],
    )


PAYING_FOR_THE_FREE_TIER = """
    select subscriptions.id, subscriptions.user_id, subscriptions.status, user_credits.plan_tier,
           user_credits.monthly_allowance
    from subscriptions
    left join user_credits on user_credits.user_id = subscriptions.user_id
    where subscriptions.status = 'active' and subscriptions.stripe_subscription_id is not null
      and user_credits.plan_tier is distinct from 'pro'
    order by subscriptions.id
"""


@invariant(
    severity="P1",
    over="subscriptions",
    fix="sync_subscription_from_stripe",
    runbook="stripe-webhook-failures",
    show=["status", "plan_tier"],
    needs=["user_credits.plan_tier"],
)
def test_every_paying_user_has_pro_credits(replica):
    """The customer pays for 1,500 credits a month and has 50, or none: they write in, or leave."""
    return replica.rows(PAYING_FOR_THE_FREE_TIER)


ACTIVE_WITHOUT_STRIPE = "status = 'active' and stripe_subscription_id is null"


@invariant(
    severity="P0",
    over="subscriptions",
    fix="sync_subscription_from_stripe",
    runbook="stripe-webhook-failures",
    show=["status"],
)
def test_every_active_subscription_names_its_stripe_subscription(replica):
    """A policy lets users write their own row: this one made itself active, and nobody pays."""
    return replica.where(
        "subscriptions",
        ACTIVE_WITHOUT_STRIPE,
        columns=["id", "user_id", "plan_id", "status", "current_period_end", "updated_at"],
    )


OUTLIVED = """
    status = 'active'
      and (
          current_period_end < :deadline
          or current_period_end is null and stripe_subscription_id is not null
      )
"""


@invariant(
    severity="P1",
    over="subscriptions",
    fix="sync_subscription_from_stripe",
    runbook="stripe-webhook-failures",
    show=["status"],
)
def test_no_active_subscription_outlives_its_period(replica, now):
    """A renewal or a cancellation was never heard of: Pro for nothing, or a payer nobody knows."""
    return replica.where(
        "subscriptions",
        OUTLIVED,
        columns=["id", "user_id", "status", "current_period_end", "last_webhook_at"],
        deadline=now - timedelta(days=1),
    )


OUTLIVED_TRIAL = """
    status = 'trialing'
      and (trial_end < :now or trial_end is null and stripe_subscription_id is null)
"""


@invariant(
    severity="P1",
    over="subscriptions",
    fix="expire_ended_trials",
    runbook="stripe-webhook-failures",
    show=["status"],
)
def test_no_trial_outlives_its_end(replica, now):
    """
    Nobody ends a trial but the customer's own next visit: 1,500 credits a month, for nothing.

    One without an end never ends, and users may write their own row; Stripe ends what it runs.
    """
    return replica.where(
        "subscriptions",
        OUTLIVED_TRIAL,
        columns=[
            "id",
            "user_id",
            "status",
            "trial_end",
            "stripe_subscription_id is not null as is_run_by_stripe",
        ],
        now=now,
    )


SHARED_CUSTOMER = """
    select stripe_customer_id, count(*) as users, array_agg(user_id order by user_id) as user_ids
    from subscriptions
    where stripe_customer_id is not null
    group by stripe_customer_id
    having count(*) > 1
    order by stripe_customer_id
"""


@invariant(
    severity="P1",
    over="subscriptions",
    fix="review_shared_customer",
    runbook="stripe-webhook-failures",
    show=["user_ids"],
)
def test_every_stripe_customer_serves_one_user(replica):
    """One pays and both have Pro, and whichever event comes next changes only one of them."""
    return replica.rows(SHARED_CUSTOMER)


NOT_REFLECTED = """
    with newest as (
        select distinct on (payload ->> 'customer')
               payload ->> 'customer' as customer, event_id, event_type, processed_at
        from webhook_events
        where event_type like 'customer.subscription.%' and processed_at <= :deadline
        order by payload ->> 'customer', processed_at desc, event_id
    )
    select subscriptions.id, subscriptions.user_id, subscriptions.status, newest.event_type,
           newest.event_id, newest.processed_at, subscriptions.stripe_event_id,
           subscriptions.last_webhook_at
    from subscriptions
    join newest on newest.customer = subscriptions.stripe_customer_id
    where newest.event_id is distinct from subscriptions.stripe_event_id
      and (
          subscriptions.last_webhook_at is null
          or subscriptions.last_webhook_at < newest.processed_at
      )
    order by subscriptions.id
"""


@invariant(
    severity="P1",
    over=["webhook_events", "subscriptions"],
    fix="sync_subscription_from_stripe",
    runbook="stripe-webhook-failures",
    show=["status", "event_type", "event_id", "stripe_event_id"],
)
def test_the_newest_subscription_event_is_reflected(replica, now):
    """
    The event was recorded and its handler failed afterwards: Stripe thinks that we know.

    To resend it changes nothing, since a recorded event is answered with 'duplicate'.
    """
    return replica.rows(NOT_REFLECTED, deadline=now - timedelta(minutes=15))
