"""Users: each has a profile, and what belongs to somebody belongs to somebody who is there."""

from trueup import invariant
from trueup.library import belongs

WITHOUT_PROFILE = """
    select id, created_at, last_sign_in_at
    from auth.users as account
    where deleted_at is null and not is_anonymous
      and not exists (select from profiles where profiles.user_id = account.id)
    order by id
"""


@invariant(
    severity="P1",
    over="auth.users",
    fix="create_missing_profiles",
    runbook="database-restore",
)
def test_every_user_has_a_profile(replica):
    """They sign in to an application that does not know them: no name, no language, no credits."""
    return replica.rows(WITHOUT_PROFILE)


test_every_profile_belongs_to_a_user = belongs(
    "profiles.user_id",
    "auth.users.id",
    severity="P1",
    harm="After a restore without its foreign key: names, e-mails and phone numbers of people who"
    " had themselves deleted.",
    runbook="database-restore",
)

test_every_course_belongs_to_a_user = belongs(
    "courses.user_id",
    "auth.users.id",
    severity="P1",
    harm="After a restore without its foreign key: nobody can open the course, and its owner asks"
    " where it went.",
    runbook="database-restore",
)

WORKED_FOR_WHILE_DISABLED = """
    select job.id, job.user_id, job.course_id, job.job_type, job.status, job.updated_at
    from ai_jobs as job
    join profiles on profiles.user_id = job.user_id
    where job.status in ('queued', 'running') and profiles.is_disabled
    order by job.id
"""


@invariant(
    severity="P1",
    over="profiles",
    fix="fail_jobs_of_disabled_users",
    runbook="emergency-user-disable",
    show=["job_type", "status"],
)
def test_no_disabled_user_has_a_live_ai_job(replica):
    """Somebody was shut out for abuse, and the workers still spend money on what they asked for."""
    return replica.rows(WORKED_FOR_WHILE_DISABLED)
