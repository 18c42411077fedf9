"""
Usage: what is metered is what was used, once a month, and no more than the tier allows.

A month begins at the midnight of whichever zone the server is in, so a row may begin up to 14
hours before the month in UTC, or 12 after it: it is of the month in which it is 14 hours later.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from trueup import invariant, naive_utc

RUNBOOK = "usage-limits"

OVER_THE_LIMIT = """
    with limits as (
        select *
        from unnest(
            cast(:tiers as text[]), cast(:metrics as text[]), cast(:allowed as bigint[])
        ) as limits (tier, metric_type, allowed)
    ),
    used as (
        select user_id, metric_type, sum(metric_value) as used,
               (array_agg(id order by created_at desc, id))[1] as id
        from usage_metrics
        where date_trunc('month', period_start at time zone 'UTC' + interval '14 hours') = :month
        group by user_id, metric_type
    )
    select used.id, used.user_id, used.metric_type, limits.tier, used.used, limits.allowed
    from used
    left join user_profiles as profile on profile.user_id::text = used.user_id
    join limits on limits.metric_type = used.metric_type
      and limits.tier = coalesce(profile.subscription_tier, 'free')
    where used.used > limits.allowed and limits.allowed <> -1
      and not (
          profile.subscription_status is distinct from 'active'
          and coalesce(profile.subscription_current_period_end >= :began, false)
          and coalesce(profile.updated_at >= :month, false)
      )
    order by used.id
"""


@invariant(
    severity="P2",
    over="usage_metrics",
    fix=("review_usage", "reset_usage"),
    runbook=RUNBOOK,
    show=["metric_type", "tier"],
)
def test_usage_stays_within_the_tier(replica, settings, now):
    """
    The limits are not asked for somewhere: somebody uses for nothing what others pay for.

    Of this month. Whoever's subscription ended within it is not judged, since what they used was
    theirs to use: whatever ended it touched the profile, and one that was touched before the month
    had none in it. Nor is a tier without limits, which every_tier_in_use_has_its_limits names.
    """
    began = _month(now)
    limits = _limits(settings)
    return replica.rows(OVER_THE_LIMIT, month=naive_utc(began), began=began, **limits)


METERED_TOO_LITTLE = """
    with limits as (
        select *
        from unnest(
            cast(:tiers as text[]), cast(:metrics as text[]), cast(:allowed as bigint[])
        ) as limits (tier, metric_type, allowed)
    ),
    metered as (
        select user_id, sum(metric_value) as metered,
               date_trunc('month', period_start at time zone 'UTC' + interval '14 hours') as month,
               greatest(min(period_start), min(created_at)) as since, max(period_end) as until,
               (array_agg(id order by created_at desc, id))[1] as id
        from usage_metrics
        where metric_type = 'runs'
        group by user_id, month
    ),
    recorded as (
        select metered.id, metered.user_id, metered.month, metered.metered, count(*) as recorded
        from metered
        join agent_runs as run on run.user_id = metered.user_id
          and run.created_at >= metered.since at time zone 'UTC'
          and run.created_at < metered.until at time zone 'UTC'
        where run.created_at < :settled
        group by metered.id, metered.user_id, metered.month, metered.metered
    )
    select recorded.id, recorded.user_id, recorded.metered, recorded.recorded,
           case when recorded.month = :month then limits.allowed end as allowed
    from recorded
    left join user_profiles as profile on profile.user_id::text = recorded.user_id
    left join limits on limits.metric_type = 'runs'
      and limits.tier = coalesce(profile.subscription_tier, 'free')
    where recorded.recorded > recorded.metered
    order by recorded.id
"""


@invariant(
    severity="P1",
    over="usage_metrics",
    fix="recount_usage",
    runbook=RUNBOOK,
)
def test_metered_runs_cover_recorded_runs(replica, settings, now):
    """
    The meter is overwritten where it should be added to: limits hold nobody, and no bill is right.

    Judged from when a month's meter was made, since a reset begins a new one; not the last five
    minutes, in which a run may be kept and not yet metered. Users may delete their runs, so that
    fewer than were metered is nothing.
    """
    return replica.rows(
        METERED_TOO_LITTLE,
        settled=naive_utc(now - timedelta(minutes=5)),
        month=naive_utc(_month(now)),
        **_limits(settings),
    )


METERED_TWICE = """
    select (array_agg(id order by created_at desc, id))[1] as id, user_id, metric_type,
           count(*) as meters, sum(metric_value) as used
    from usage_metrics
    group by user_id, metric_type,
             date_trunc('month', period_start at time zone 'UTC' + interval '14 hours')
    having count(*) > 1
    order by id
"""


@invariant(
    severity="P2",
    over="usage_metrics",
    fix="merge_usage_periods",
    runbook=RUNBOOK,
    show=["metric_type"],
)
def test_each_month_is_metered_once(replica):
    """
    The server's zone changed within the month: a second meter began at nothing, and so did limits.

    A violation is named by the newest of the meters, the one that is counted on.
    """
    return replica.rows(METERED_TWICE)


def _month(now: datetime) -> datetime:
    return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _limits(settings: Mapping[str, Any]) -> dict[str, list[object]]:
    """The settings' tiers as three lists: tier, metric and what is allowed of it."""
    known = [
        (tier, metric, allowed)
        for tier, limits in settings["tiers"].items()
        for metric, allowed in limits.items()
    ]
    tiers, metrics, allowed = map(list, zip(*known, strict=True))
    return {"tiers": tiers, "metrics": metrics, "allowed": allowed}
