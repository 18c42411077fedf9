"""The runbook's numbers of the business, counted back from the run's instant; never a verdict."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from trueup import metric

SIGN_UPS = """
    with joined as (
        select date_bin('1 day', created_at, :start) as day, count(*) as users
        from auth.users
        where created_at >= :start and created_at < :now
        group by day
    )
    select day, coalesce(users, 0) as users
    from generate_series(:start, :last, interval '1 day') as day
    left join joined using (day)
    order by day
"""


@metric(title="Sign-ups a day, last 14 days", unit="users")
def sign_ups_per_day(replica, now):
    """Accounts made, confirmed or not; each day is 24 whole hours, named by the day it began."""
    return replica.rows(
        SIGN_UPS, start=now - timedelta(days=14), last=now - timedelta(days=1), now=now
    )


COMPLETED = """
    with ended as (
        select date_bin('1 day', last_activity at time zone 'UTC', :start) as day,
               count(*) as interviews
        from sessions
        where status = 'complete' and last_activity at time zone 'UTC' >= :start
          and last_activity at time zone 'UTC' < :now
        group by day
    )
    select day, coalesce(interviews, 0) as interviews
    from generate_series(:start, :last, interval '1 day') as day
    left join ended using (day)
    order by day
"""


@metric(title="Interviews completed a day, last 14 days", unit="interviews")
def completed_interviews_per_day(replica, now):
    """By the last that was done in them, free ones too."""
    return replica.rows(
        COMPLETED, start=now - timedelta(days=14), last=now - timedelta(days=1), now=now
    )


@metric(title="Revenue by tier and currency, last 30 days")
def revenue_by_tier_and_currency(stripe) -> Iterator[dict[str, object]]:
    """
    What Stripe was paid in checkout sessions, by the tier that they say they bought.

    What was refunded since is still in it: a refund names no tier.
    """
    taken: dict[tuple[str, str], int] = defaultdict(int)
    since = stripe.now - timedelta(days=30)
    for one in stripe.checkout_sessions():
        tier = (one.get("metadata") or {}).get("tier")
        if tier and one["payment_status"] == "paid" and _at(one["created"]) >= since:
            taken[str(tier), str(one["currency"]).upper()] += one.get("amount_total") or 0
    for (tier, currency), cents in sorted(taken.items()):
        yield {"tier": tier, "currency": currency, "revenue": cents / 100}


CHURN = """
    with ended as (
        select history.user_id, max(history.created_at) as ended_at
        from entitlement_history as history
        where history.new_balance = 0 and history.created_at >= :start
          and history.created_at < :now
        group by history.user_id
    )
    select round(
        100.0 * count(*) filter (
            where not exists (
                select from entitlements as entitlement
                where entitlement.user_id = ended.user_id
                  and entitlement.status = 'active' and entitlement.remaining_interviews > 0
            )
        ) / count(*), 1
    ) as percent
    from ended
    having count(*) > 0
"""


@metric(title="Churn, last 30 days", unit="%")
def churn(replica, now):
    """Of those whose package ended, used up or expired, how many have no other by now."""
    return replica.rows(CHURN, start=now - timedelta(days=30), now=now)


STORED = """
    select bucket_id as bucket,
           round(sum(coalesce((metadata ->> 'size')::numeric, 0)) / 1048576, 1) as megabytes
    from storage.objects
    group by bucket_id
    order by bucket_id
"""


@metric(title="Storage used by bucket", unit="MB")
def storage_used(replica):
    """Of the files that the storage lists; what the project may hold is in the dashboard."""
    return replica.rows(STORED)


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
