"""The runbook's daily and weekly numbers, counted back from the run's instant; never a verdict."""

from datetime import timedelta

from trueup import metric

ACTIVE_USERS = """
    select count(distinct user_id) as users
    from ai_jobs
    where created_at >= :start and created_at < :now
"""


@metric(title="Active users, last 24 hours", unit="users")
def active_users(replica, now):
    """Users who asked for at least one AI job."""
    return replica.rows(ACTIVE_USERS, start=now - timedelta(days=1), now=now)


FAILED_JOBS = """
    select count(*) as jobs
    from ai_jobs
    where status = 'failed' and updated_at >= :start and updated_at < :now
"""


@metric(title="Failed AI jobs, last 24 hours", unit="jobs")
def failed_jobs(replica, now):
    """By the time they failed: a row that was queued again keeps the time of its first attempt."""
    return replica.rows(FAILED_JOBS, start=now - timedelta(days=1), now=now)


SUCCESS_RATE = """
    select round(100.0 * count(*) filter (where status = 'completed') / count(*), 2) as percent
    from ai_jobs
    where status in ('completed', 'failed') and updated_at >= :start and updated_at < :now
    having count(*) > 0
"""


@metric(title="AI jobs that succeeded, last 24 hours", unit="%")
def job_success_rate(replica, now):
    """Of those that ended, completed or failed; waiting for a review is neither."""
    return replica.rows(SUCCESS_RATE, start=now - timedelta(days=1), now=now)


SUBSCRIPTIONS = """
    select status, count(*) as subscriptions
    from subscriptions
    group by status
    order by status
"""


@metric(title="Subscriptions by status", unit="subscriptions")
def subscriptions_by_status(replica):
    """One a user, whatever became of it."""
    return replica.rows(SUBSCRIPTIONS)


RECURRING_REVENUE = """
    select coalesce(sum(plans.price_monthly), 0) as revenue
    from subscriptions join plans on plans.id = subscriptions.plan_id
    where subscriptions.status = 'active'
"""


@metric(title="Monthly recurring revenue", unit="USD")
def monthly_recurring_revenue(replica):
    """Active subscriptions at their plan's monthly price; whoever pays by the year pays less."""
    return replica.rows(RECURRING_REVENUE)


NEW_USERS = """
    with joined as (
        select date_bin('7 days', created_at, :start) as week, count(*) as users
        from profiles
        where created_at >= :start and created_at < :now
        group by week
    )
    select week, coalesce(users, 0) as users
    from generate_series(:start, :last, interval '7 days') as week
    left join joined using (week)
    order by week
"""


@metric(title="New users a week, last 4 weeks", unit="users")
def new_users_per_week(replica, now):
    """Profiles created; each week is seven whole days, named by the day it began."""
    return replica.rows(
        NEW_USERS, start=now - timedelta(weeks=4), last=now - timedelta(weeks=1), now=now
    )


EXTRACTIONS = """
    with used as (
        select date_bin('1 day', created_at, :start) as day, count(*) as extractions
        from ai_jobs
        where job_type = 'extract_topics' and created_at >= :start and created_at < :now
        group by day
    )
    select day, coalesce(extractions, 0) as extractions
    from generate_series(:start, :last, interval '1 day') as day
    left join used using (day)
    order by day
"""


@metric(title="Extractions a day, last 7 days", unit="jobs")
def extractions_per_day(replica, now):
    """Jobs of type extract_topics; each day is 24 whole hours, named by the day it began."""
    return replica.rows(
        EXTRACTIONS, start=now - timedelta(days=7), last=now - timedelta(days=1), now=now
    )


EXTRACTING_USERS = """
    with used as (
        select date_bin('1 day', created_at, :start) as day, count(distinct user_id) as users
        from ai_jobs
        where job_type = 'extract_topics' and created_at >= :start and created_at < :now
        group by day
    )
    select day, coalesce(users, 0) as users
    from generate_series(:start, :last, interval '1 day') as day
    left join used using (day)
    order by day
"""


@metric(title="Users who extracted, a day, last 7 days", unit="users")
def extracting_users_per_day(replica, now):
    """Different users behind the extractions of each of those days."""
    return replica.rows(
        EXTRACTING_USERS, start=now - timedelta(days=7), last=now - timedelta(days=1), now=now
    )
