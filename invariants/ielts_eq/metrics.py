"""The runbook's numbers, counted back from the run's instant; never a verdict."""

from datetime import timedelta

from trueup import metric, naive_utc

USERS = 'select count(*) as users from "User"'


@metric(title="Users", unit="users")
def users(replica):
    """Everybody who has an account, blocked or not."""
    return replica.rows(USERS)


REVENUE = """
    select currency, status::text as status, round(sum(amount)::numeric, 2) as revenue
    from "Subscription"
    where "createdAt" >= :start and "createdAt" < :now
    group by currency, status
    order by currency, status
"""


@metric(title="Revenue this month, by currency and status", unit="in each currency")
def revenue_this_month(replica, now):
    """
    Subscriptions that began in this month of UTC, at what they cost.

    Currencies are never added up; what was cancelled or has expired stands apart from what counts.
    """
    start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return replica.rows(REVENUE, start=naive_utc(start), now=naive_utc(now))


TESTS = """
    with taken as (
        select date_bin('1 day', date, :start) as day, count(*) as tests
        from "TestSession"
        where date >= :start and date < :now
        group by day
    )
    select day, coalesce(tests, 0) as tests
    from generate_series(cast(:start as timestamp), :last, interval '1 day') as day
    left join taken using (day)
    order by day
"""


@metric(title="Tests a day, last 7 days", unit="tests")
def tests_per_day(replica, now):
    """Tests that were begun; each day is 24 whole hours, named by the day it began."""
    return replica.rows(
        TESTS,
        start=naive_utc(now - timedelta(days=7)),
        last=naive_utc(now - timedelta(days=1)),
        now=naive_utc(now),
    )
