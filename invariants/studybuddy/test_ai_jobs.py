"""AI jobs: whoever asks for an extraction gets an answer."""

from datetime import timedelta

from trueup import invariant
from trueup.library import belongs

STUCK = "status = 'running' and updated_at < :deadline"


@invariant(
    severity="P1",
    over="ai_jobs",
    fix="fail_stuck_ai_jobs",
    runbook="stuck-ai-jobs",
    show=["job_type", "status"],
)
def test_every_running_ai_job_is_younger_than_five_minutes(replica, now):
    """Its worker is gone: the student watches 'extraction in progress' for ever."""
    return replica.where(
        "ai_jobs",
        STUCK,
        columns=["id", "user_id", "course_id", "job_type", "status", "updated_at"],
        deadline=now - timedelta(minutes=5),
    )


NEVER_STARTED = "status = 'queued' and updated_at < :deadline"


@invariant(
    severity="P2",
    over="ai_jobs",
    fix="fail_stuck_ai_jobs",
    runbook="stuck-ai-jobs",
    show=["job_type", "status"],
)
def test_every_queued_ai_job_starts_within_fifteen_minutes(replica, now):
    """No worker will pick it up any more: the student waits for a job that nobody knows of."""
    return replica.where(
        "ai_jobs",
        NEVER_STARTED,
        columns=["id", "user_id", "course_id", "job_type", "status", "updated_at"],
        deadline=now - timedelta(minutes=15),
    )


MOSTLY_FAILED = """
    select 'last_day' as "window", count(*) as finished,
           count(*) filter (where status = 'completed') as completed,
           count(*) filter (where status = 'failed') as failed
    from ai_jobs
    where status in ('completed', 'failed') and updated_at >= :start and updated_at < :now
      and coalesce(error_message, '') not like '%failed by trueup'
    having count(*) >= 20 and count(*) filter (where status = 'completed') < 0.9 * count(*)
       and exists (select from plans where is_active and limits ->> 'ai_extractions' <> '0')
"""


@invariant(
    severity="P1",
    over="ai_jobs",
    fix="pause_ai_extractions",
    runbook="disable-all-ai-extractions",
    show=["window"],
)
def test_ai_jobs_of_the_last_day_succeed(replica, now):
    """
    Fewer than nine in ten end well: the provider is down, or failing at our expense.

    Once extractions are paused in every plan it holds, since nothing more can be done here; jobs
    that a fix failed were stuck, and are not counted again.
    """
    return replica.rows(MOSTLY_FAILED, start=now - timedelta(days=1), now=now)


test_every_ai_job_belongs_to_a_user = belongs(
    "ai_jobs.user_id",
    "auth.users.id",
    harm="No foreign key guards it: a deleted student's questions and answers are still here, and"
    " counted in every metric.",
    runbook="database-restore",
)

BEYOND_THEIR_LIMIT = """
    with recent as (
        select user_id, count(*) as jobs
        from ai_jobs
        where created_at >= :start and created_at < :now
        group by user_id
    ),
    judged as (
        select recent.user_id, recent.jobs,
               (override.quota_overrides ->> 'ai_extractions')::numeric as granted,
               (
                   coalesce(bought.limits ->> 'ai_extractions', free.limits ->> 'ai_extractions')
               )::numeric as planned
        from recent
        left join profiles on profiles.user_id = recent.user_id
        left join admin_overrides as override on override.user_id = recent.user_id
        left join subscriptions on subscriptions.user_id = recent.user_id
          and (subscriptions.status in ('active', 'trialing') or subscriptions.updated_at >= :start)
        left join plans as bought on bought.id = subscriptions.plan_id
        left join plans as free on free.name = 'Free'
        where profiles.is_disabled is not true
    )
    select user_id, jobs, coalesce(granted, planned) as allowed, granted is not null as has_override
    from judged
    where jobs > coalesce(granted, planned) and coalesce(granted, planned) <> -1
      and (granted is not null or planned <> 0)
    order by user_id
"""


@invariant(
    severity="P2",
    over="ai_jobs",
    fix=("grant_quota_override", "disable_user"),
    runbook="rate-limit-issues",
)
def test_no_user_floods_ai_jobs(replica, now):
    """
    Somebody got past the limit of their plan and spends the provider's budget for everybody.

    An override counts before the plan. A subscription that ended within the hour still counts for
    what was asked before; a plan at 0 is paused, and says nothing of what came before the pause.
    """
    return replica.rows(BEYOND_THEIR_LIMIT, start=now - timedelta(hours=1), now=now)
