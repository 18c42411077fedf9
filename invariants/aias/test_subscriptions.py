"""Subscriptions and tiers: whoever pays has the tier that they pay for, and nobody else has it."""

from datetime import timedelta

from trueup import invariant
from trueup.library import (
    Mirror,
    every_live_stripe_subscription_is_mirrored,
    every_mirrored_subscription_exists_in_stripe,
)
from trueup.library.mirror import STATUSES

RUNBOOK = "my-subscription-did-not-activate"

SEVERAL = """
    select user_id, count(*) as tiers, array_agg(id order by id) as tier_ids
    from subscription_tiers
    where expires_at is null or expires_at > :now
    group by user_id
    having count(*) > 1
    order by user_id
"""


@invariant(
    severity="P1",
    over="subscription_tiers",
    fix="close_superseded_tiers",
    runbook=RUNBOOK,
    show=["tier_ids"],
    needs=["subscription_tiers.user_id"],
)
def test_each_user_has_one_current_tier(replica, now):
    """Each renewal adds a row: the page shows the one it finds first, and reports count all."""
    return replica.rows(SEVERAL, now=now)


NOT_PAID_FOR = """
    select id, user_id, tier, expires_at
    from subscription_tiers as held
    where tier <> 'free' and (expires_at is null or expires_at > :now)
      and not exists (
          select from subscriptions
          where subscriptions.user_id = held.user_id and subscriptions.tier = held.tier
            and subscriptions.status in ('active', 'trialing', 'past_due')
            and subscriptions.stripe_subscription_id is not null
      )
    order by id
"""


@invariant(
    severity="P1",
    over="subscription_tiers",
    fix="reconcile_billing",
    runbook=RUNBOOK,
    show=["tier"],
    needs=["subscription_tiers.user_id"],
)
def test_no_current_tier_outlives_its_subscription(replica, now):
    """Somebody has a tier that they no longer pay for, or, as a policy lets them, took it."""
    return replica.rows(NOT_PAID_FOR, now=now)


WITHOUT_TIER = """
    with bought as (
        select distinct on (user_id) id, user_id, tier, status, current_period_end
        from subscriptions
        where status in ('active', 'trialing') and stripe_subscription_id is not null
          and created_at <= :deadline
        order by user_id, array_position(array['enterprise', 'pro', 'starter'], tier::text), id
    )
    select id, user_id, tier, status, current_period_end
    from bought
    where not exists (
        select from subscription_tiers as held
        where held.user_id = bought.user_id and held.tier = bought.tier
          and (held.expires_at is null or held.expires_at > :now)
    )
    order by id
"""


@invariant(
    severity="P1",
    over="subscriptions",
    fix="reconcile_billing",
    runbook=RUNBOOK,
    show=["tier", "status"],
    needs=["subscription_tiers.user_id"],
)
def test_every_subscription_has_its_tier(replica, now):
    """
    The customer pays and is served as a free user.

    A tier ends a month after the checkout, and no renewal moves its end. Of several subscriptions
    the best counts; one that was made within fifteen minutes may be on its way.
    """
    return replica.rows(WITHOUT_TIER, now=now, deadline=now - timedelta(minutes=15))


ACTIVE_WITHOUT_STRIPE = "status in ('active', 'past_due') and stripe_subscription_id is null"


@invariant(
    severity="P0",
    over="subscriptions",
    fix="reconcile_billing",
    runbook=RUNBOOK,
    show=["tier", "status"],
)
def test_every_active_subscription_names_its_stripe_subscription(replica):
    """
    Users may write their own subscription: this one made itself active, and nobody pays for it.

    A trial may be the platform's own; one that names Stripe's is compared with it.
    """
    return replica.where(
        "subscriptions",
        ACTIVE_WITHOUT_STRIPE,
        columns=["id", "user_id", "tenant_id", "tier", "status", "current_period_end"],
    )


SUBSCRIPTIONS = Mirror(
    table="subscriptions",
    rows="""
        select id, user_id, stripe_customer_id as customer,
               stripe_subscription_id as subscription, status, tier as plan,
               current_period_end as period_end, trial_end, cancel_at_period_end
        from subscriptions
    """,
    # As the webhook writes them: Stripe's own words.
    statuses={status: status for status in STATUSES},
)

test_every_live_stripe_subscription_is_mirrored = every_live_stripe_subscription_is_mirrored(
    SUBSCRIPTIONS, fix="reconcile_billing", runbook=RUNBOOK
)
test_every_mirrored_subscription_exists_in_stripe = every_mirrored_subscription_exists_in_stripe(
    SUBSCRIPTIONS,
    fix="reconcile_billing",
    harm="Users can write their own subscription: Stripe has never heard of this one, and nobody"
    " pays for it.",
    runbook=RUNBOOK,
)
