"""The runbook's numbers, counted back from the run's instant; never a verdict."""

from datetime import timedelta

from trueup import metric

ACTIVE_USERS = """
    select count(*) as users
    from auth.users
    where last_sign_in_at >= :start and last_sign_in_at < :now and deleted_at is null
"""


@metric(title="Active users, last 30 days", unit="users")
def active_users(replica, now):
    """Who signed in; a profile that was created says who is new."""
    return replica.rows(ACTIVE_USERS, start=now - timedelta(days=30), now=now)


TIERS = """
    with current as (
        select distinct on (user_id) user_id, tier
        from subscription_tiers
        where expires_at is null or expires_at > :now
        order by user_id, created_at desc, id desc
    )
    select tier, count(*) as users
    from current
    group by tier
    order by tier
"""


@metric(title="Users by tier", unit="users")
def users_by_tier(replica, now):
    """Each by their newest tier that has not ended; rows are more than users."""
    return replica.rows(TIERS, now=now)


NEW_WORKFLOWS = """
    select count(*) as workflows
    from workflows
    where created_at >= :start and created_at < :now
"""


@metric(title="New workflows, last 7 days", unit="workflows")
def new_workflows(replica, now):
    """Workflows created, enabled or not."""
    return replica.rows(NEW_WORKFLOWS, start=now - timedelta(days=7), now=now)


ERRORS = """
    select severity, count(*) as errors
    from error_logs
    where "timestamp" >= :start and "timestamp" < :now
    group by severity
    order by severity
"""


@metric(title="Errors by severity, last 7 days", unit="errors")
def errors_by_severity(replica, now):
    """Resolved or not, by the column timestamp."""
    return replica.rows(ERRORS, start=now - timedelta(days=7), now=now)
