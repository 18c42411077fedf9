"""Sessions: an interview that was begun ends, is paid for, and its candidate gets the report."""

from datetime import timedelta

from trueup import invariant, naive_utc

UNPAID = """
    select session.id, session.user_id, session.status, session.entitlement_id, session.created_at,
           case when entitlement.id is null then 'names no entitlement'
               else 'names that of another user' end as trouble
    from sessions as session
    left join entitlements as entitlement on entitlement.id = session.entitlement_id
    where session.plan_tier = 'paid'
      and (entitlement.id is null or entitlement.user_id <> session.user_id)
    order by session.id
"""


@invariant(
    severity="P2",
    over={"paid sessions": "(select from sessions where plan_tier = 'paid')"},
    fix="review_paid_session",
    runbook="interviews-that-do-not-start",
    show=["status", "trouble"],
)
def test_every_paid_session_has_its_entitlement(replica):
    """A paid interview was held and taken from nobody's package, or from somebody else's."""
    return replica.rows(UNPAID)


PAST = "current_stage > coalesce(stages_planned, 1)"


@invariant(
    severity="P2",
    over="sessions",
    fix="review_session_stages",
    runbook="interviews-that-do-not-start",
    show=["status"],
)
def test_no_session_is_past_its_stages(replica):
    """
    The page asks for a stage that was never planned: the candidate is stuck on an error.

    Where nobody said how many are planned, it is one.
    """
    return replica.where(
        "sessions",
        PAST,
        columns=[
            "id",
            "user_id",
            "status",
            "current_stage",
            "coalesce(stages_planned, 1) as stages_planned",
        ],
    )


IDLE = """
    status = 'running'
      and coalesce(last_activity, created_at at time zone 'UTC', '-infinity') < :deadline
"""


@invariant(
    severity="P2",
    over="sessions",
    fix="end_abandoned_sessions",
    runbook="answers-that-time-out",
    show=["status"],
)
def test_no_running_session_is_idle_for_two_hours(replica, now):
    """
    The candidate left, or a request timed out: what they answered is never assessed.

    Every change dates a session; one that has no date was left as it was begun.
    """
    return replica.where(
        "sessions",
        IDLE,
        columns=["id", "user_id", "status", "turn_index", "last_activity"],
        deadline=naive_utc(now - timedelta(hours=2)),
    )


ANOTHERS = "child.user_id <> parent.user_id"


@invariant(severity="P2", over="turns", fix="review_turn", runbook="interviews-that-do-not-start")
def test_every_turn_belongs_to_its_sessions_user(replica):
    """Somebody reads an answer that is not theirs, or wrote into another candidate's interview."""
    return replica.where(
        "turns",
        ANOTHERS,
        columns=[
            "child.id",
            "child.session_id",
            "child.user_id",
            "parent.user_id as session_user_id",
            "child.created_at",
        ],
        parent=("session_id", "sessions.id"),
    )


# Feedback is where an interview goes that ends early; one that is idle for two hours has ended too.
GIVEN_UP = """
    select 'last_week' as "window", count(*) as ended,
           count(*) filter (where status = 'complete') as completed
    from sessions
    where created_at >= :start and created_at < :now
      and (
          status in ('complete', 'feedback')
          or status = 'running'
          and coalesce(last_activity, created_at at time zone 'UTC') < :deadline
      )
    having count(*) >= 20 and count(*) filter (where status = 'complete') < 0.8 * count(*)
"""


@invariant(
    severity="P1",
    over="sessions",
    fix="look_into_interviews",
    runbook="key-metrics",
    show=["window"],
)
def test_interviews_are_completed(replica, now):
    """
    Of the interviews of the last week that ended, fewer than four in five came to their end.

    Fewer than twenty are too few to say.
    """
    deadline = naive_utc(now - timedelta(hours=2))
    return replica.rows(GIVEN_UP, start=now - timedelta(days=7), now=now, deadline=deadline)


UNREPORTED = """
    select session.id, session.user_id, session.last_activity,
           case when report.id is null then 'has no report'
               when report.pdf_key is null then 'its report is empty'
               else 'the file of its report is gone' end as trouble
    from sessions as session
    left join reports as report on report.session_id = session.id
    left join storage.objects as file
      on file.bucket_id = 'reports' and file.name = report.pdf_key
    where session.status = 'complete'
      and coalesce(
          session.last_activity, session.created_at at time zone 'UTC', '-infinity'
      ) < :deadline
      and file.id is null
      and (report.id is null or report.pdf_key is not null or report.feedback is null)
    order by session.id
"""


@invariant(
    severity="P2",
    over={"complete sessions": "(select from sessions where status = 'complete')"},
    fix="review_missing_report",
    runbook="answers-that-time-out",
    show=["trouble"],
)
def test_every_complete_session_has_its_report(replica, now):
    """
    The candidate finished the interview an hour ago and finds no report, or one that won't open.

    A report whose feedback is there need not be a file yet.
    """
    return replica.rows(UNREPORTED, deadline=naive_utc(now - timedelta(hours=1)))
