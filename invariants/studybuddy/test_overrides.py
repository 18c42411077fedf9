"""Overrides: what an operator granted for a day lasts a day, and only an admin grants."""

from datetime import timedelta

from trueup import invariant

TEMPORARY_FOR_EVER = (
    "notes ilike '%temporary%' and updated_at < :deadline and quota_overrides <> '{}'"
)


@invariant(
    severity="P3",
    over="admin_overrides",
    fix="expire_quota_overrides",
    runbook="rate-limit-issues",
)
def test_no_temporary_override_outlives_a_day(replica, now):
    """Nothing ends an override: what was granted for one evening is a free upgrade for ever."""
    return replica.where(
        "admin_overrides",
        TEMPORARY_FOR_EVER,
        columns=["id", "user_id", "created_by", "created_at", "updated_at"],
        deadline=now - timedelta(days=1),
    )


GRANTED_BY_NOBODY = """
    select id, user_id, created_by, created_at, updated_at
    from admin_overrides as override
    where not exists (
        select from user_roles
        where user_roles.user_id = override.created_by and user_roles.role = 'admin'
    )
    order by id
"""


@invariant(
    severity="P1",
    over="admin_overrides",
    fix="review_override",
    runbook="rate-limit-issues",
)
def test_every_override_was_granted_by_an_admin(replica):
    """Somebody who is no admin, or no longer one, gave away quota; nobody can say why."""
    return replica.rows(GRANTED_BY_NOBODY)
