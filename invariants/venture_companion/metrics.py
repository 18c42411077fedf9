"""The runbook's key metrics, counted back from the run's instant; never a verdict."""

from datetime import timedelta

from trueup import metric, naive_utc

NEAR_THE_LIMIT = """
    with limits as (
        select *
        from unnest(
            cast(:tiers as text[]), cast(:metrics as text[]), cast(:allowed as bigint[])
        ) as limits (tier, metric_type, allowed)
    ),
    used as (
        select user_id, metric_type, sum(metric_value) as used
        from usage_metrics
        where date_trunc('month', period_start at time zone 'UTC' + interval '14 hours') = :month
        group by user_id, metric_type
    )
    select limits.metric_type as metric, count(distinct used.user_id) as users
    from limits
    left join (
        used left join user_profiles as profile on profile.user_id::text = used.user_id
    ) on used.metric_type = limits.metric_type
      and coalesce(profile.subscription_tier, 'free') = limits.tier
      and used.used >= 0.8 * limits.allowed
    where limits.allowed <> -1
    group by limits.metric_type
    order by limits.metric_type
"""


@metric(title="Users who used four fifths of their limit, this month", unit="users")
def users_near_their_limit(replica, settings, now):
    """Whoever is refused soon; many of them are a reason to look at the limits, or to write."""
    month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    known = [
        (tier, name, allowed)
        for tier, limits in settings["tiers"].items()
        for name, allowed in limits.items()
    ]
    tiers, metrics, allowed = map(list, zip(*known, strict=True))
    return replica.rows(
        NEAR_THE_LIMIT, month=naive_utc(month), tiers=tiers, metrics=metrics, allowed=allowed
    )


SUBSCRIBERS = """
    select coalesce(subscription_tier, 'free') as tier, count(*) as profiles
    from user_profiles
    where subscription_status = 'active'
    group by tier
    order by tier
"""


@metric(title="Subscribers by tier", unit="profiles")
def subscribers_by_tier(replica):
    """Those whose subscription is active."""
    return replica.rows(SUBSCRIBERS)


RUNS = """
    with ran as (
        select date_bin('1 day', created_at, :start) as day, count(*) as runs
        from agent_runs
        where created_at >= :start and created_at < :now
        group by day
    )
    select day, coalesce(runs, 0) as runs
    from generate_series(cast(:start as timestamp), :last, interval '1 day') as day
    left join ran using (day)
    order by day
"""


@metric(title="Runs a day, last 7 days", unit="runs")
def runs_per_day(replica, now):
    """Each day is 24 whole hours, named by the day it began."""
    return replica.rows(
        RUNS,
        start=naive_utc(now - timedelta(days=7)),
        last=naive_utc(now - timedelta(days=1)),
        now=naive_utc(now),
    )


FAILED_EVENTS = """
    select count(*) as events
    from stripe_webhook_events
    where status = 'failed' and created_at >= :start and created_at < :now
"""


@metric(title="Webhook events that failed, last 24 hours", unit="events")
def failed_webhook_events(replica, now):
    """Any is one too many; no_webhook_event_failed names them."""
    if not replica.has_column("stripe_webhook_events.stripe_event_id"):
        return []
    return replica.rows(FAILED_EVENTS, start=now - timedelta(days=1), now=now)
