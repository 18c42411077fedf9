"""A morning at StudyBuddy that one could believe: five violated, one unknown, the rest holds."""

from msgspec.structs import replace

from engine.report.runs import fix, record, run, stuck, uuid, violated
from trueup.model.cost import CostRecord, SlowRecord
from trueup.model.run import MetricRecord, Run
from trueup.model.verdict import Verdict
from trueup.report.mask import MASKED

VIOLATED = [
    stuck(12),
    violated(
        "every_active_subscription_names_its_stripe_subscription",
        "P0",
        [
            (uuid("s1"), uuid("u1"), "active", None, "2026-12-14T00:00:00Z"),
            (uuid("s2"), uuid("u2"), "active", None, None),
        ],
        columns=("id", "user_id", "status", "stripe_subscription_id", "current_period_end"),
        harm="Users can write their own subscription row, and this one pays nobody.\n\n"
        "The policy lets users update every column of their row, so an 'active' proves nothing.",
        judged={"active subscriptions": 212},
        sql=("select id, user_id from subscriptions where status = 'active'",),
        fixes=(
            fix(
                "sync_subscription_from_stripe",
                "Set the subscription to what Stripe says, or end it where Stripe has none.",
            ),
        ),
        runbook="stripe-webhook-failures",
        owner="billing",
        path="invariants/studybuddy/test_subscriptions.py",
        line=22,
    ),
    violated(
        "every_ai_job_belongs_to_a_user",
        "P2",
        [(uuid(f"o{i}"), uuid(f"gone {i}"), "failed", MASKED) for i in range(3)],
        count=10_000,
        counted_all=False,
        columns=("id", "user_id", "status", "error_message"),
        harm="No foreign key guards them: the rows of people who left stay for ever.",
        judged={"ai_jobs": 212_400},
        fixes=(fix("delete_orphaned_rows", "Delete the rows whose user is gone."),),
        sql=("select id from ai_jobs where user_id not in (select id from auth.users)",),
        runbook="database-restore",
    ),
    violated(
        "no_disabled_user_has_a_live_ai_job",
        "P1",
        [(uuid("d1"), uuid("u9"), "queued", 3)],
        columns=("id", "user_id", "status", "attempts"),
        harm="A disabled account still spends our money on the AI provider.",
        fixes=(
            fix(
                "fail_jobs_of_disabled_users",
                "Fail the live jobs of users who were disabled.",
                undo="the provider has already been told to stop",
            ),
        ),
        runbook="emergency-procedures",
        owner="trust",
    ),
    violated(
        "no_temporary_override_outlives_a_day",
        "P3",
        [(uuid("ov1"), uuid("u12"), True, 41.5, "2026-11-18T12:58:02Z")],
        columns=("id", "user_id", "temporary", "age_hours", "updated_at"),
        harm="A quota that was raised for a day stays raised, and nobody remembers why.",
        judged={"admin_overrides": 18},
        fixes=(
            fix("expire_quota_overrides", "Take back the temporary quotas that are over."),
            fix("grant_quota_override", "Grant the quota for good, with a reason."),
        ),
        runbook="rate-limit-issues",
    ),
]

UNKNOWN = record(
    "no_query_runs_longer_than_five_minutes",
    Verdict.UNKNOWN,
    "P2",
    harm="A runaway query holds its locks, and everybody queues behind it.",
    judged={},
    reason="the role may not see other sessions' queries: pg_stat_activity is hidden from it",
    remedy="grant pg_monitor to trueup_reader",
    sql=("select pid, state, query_start from pg_stat_activity where state = 'active'",),
    runbook="emergency-procedures",
)

NOT_APPLICABLE = record(
    "every_credit_balance_matches_its_ledger",
    Verdict.NOT_APPLICABLE,
    "P1",
    judged={},
    reason="this system has no user_credits.ledger_id",
)

_HOLDING = """
    P0 no_policy_lets_everyone_write 96 policies
    P0 every_table_in_public_has_row_level_security 31 tables
    P0 every_policy_can_be_evaluated 96 policies
    P0 a_user_sees_only_their_own_rows 31 tables
    P1 every_foreign_key_is_validated 44 constraints
    P1 no_index_is_invalid 87 indexes
    P1 no_trigger_is_disabled 22 triggers
    P1 no_sequence_is_behind_its_column 3 sequences
    P1 connections_leave_headroom 60 connections
    P1 no_session_sits_idle_in_a_transaction 14 sessions
    P1 every_migration_is_applied 41 migrations
    P1 every_profile_belongs_to_a_user 500 profiles
    P1 every_course_belongs_to_a_user 1500 courses
    P1 every_user_has_a_profile 500 auth.users
    P1 every_active_subscription_has_a_plan 212 subscriptions
    P1 every_paying_user_has_pro_credits 212 subscriptions
    P1 no_active_subscription_outlives_its_period 212 subscriptions
    P1 every_stripe_customer_serves_one_user 388 subscriptions
    P1 every_override_was_granted_by_an_admin 18 admin_overrides
    P2 every_queued_ai_job_starts_within_fifteen_minutes 10000 ai_jobs
    P2 every_extracting_file_has_a_live_job 4210 course_files
    P2 every_course_file_belongs_to_a_user 4210 course_files
    P2 the_schema_is_the_one_we_recorded 31 tables
"""

HOLDING = [
    record(name, severity=severity, judged={label: int(count)}, seconds=len(name) / 4000)
    for severity, name, count, label in (line.split() for line in _HOLDING.split("\n") if line)
]


def _metric(
    name: str, title: str, unit: str, note: str, *points: tuple[str, float]
) -> MetricRecord:
    return MetricRecord(
        system="studybuddy", name=name, title=title, unit=unit, note=note, points=points
    )


METRICS = (
    _metric("active_users", "Active users", "", "Who asked for an AI job in 24 hours.", ("", 187)),
    _metric("failed_jobs", "Failed jobs", "", "AI jobs that failed in 24 hours.", ("", 23)),
    _metric("success", "Job success rate", "%", "Of the jobs of the last 24 hours.", ("", 94.36)),
    _metric("mrr", "Recurring revenue", "USD", "A month, from the plans' prices.", ("", 12_480.5)),
    _metric(
        "subscriptions",
        "Subscriptions by status",
        "subscriptions",
        "One row a user.",
        ("active", 212),
        ("trialing", 131),
        ("canceled", 88),
        ("expired", 41),
        ("past_due", 9),
    ),
    _metric(
        "extractions",
        "Extractions per day",
        "jobs",
        "Topic extractions, by the day they were asked for.",
        *((f"2026-11-{13 + day}", n) for day, n in enumerate((212, 240, 251, 198, 64, 71, 233))),
    ),
    _metric(
        "new_users",
        "New users per week",
        "users",
        "By the Monday of the week.",
        ("2026-10-26", 31),
        ("2026-11-02", 44),
        ("2026-11-09", 38),
        ("2026-11-16", 19),
    ),
)


STUCK_PLAN = (
    "Aggregate, about 1 row, cost 8,621",
    "  Gather, about 25 rows, cost 8,620",
    "    Parallel Seq Scan on public.ai_jobs, about 10 rows, cost 760; filtered by ai_jobs.status",
)

COST = CostRecord(
    connections=4,
    transactions=31,
    rows=1_240_318,
    blocks=48_211,
    at_least=True,
    seconds=3.4,
    longest_snapshot=4.9,
    slowest=(
        SlowRecord(
            invariants=("studybuddy.every_running_ai_job_is_younger_than_five_minutes",),
            seconds=1.3,
            plan=STUCK_PLAN,
            index="create index concurrently on public.ai_jobs (updated_at)"
            " where status = 'running'",
        ),
        SlowRecord(
            invariants=tuple(f"studybuddy.{one.name}" for one in HOLDING[-5:]),
            seconds=0.7,
            plan=("Seq Scan on public.course_files, about 4,210 rows, cost 1,021",),
        ),
    ),
)


def believable() -> Run:
    """Five violated, one unknown, one that does not apply, the rest holds."""
    found = run([*HOLDING, *VIOLATED, UNKNOWN, NOT_APPLICABLE], metrics=METRICS)
    return replace(found, systems=tuple(replace(one, cost=COST) for one in found.systems))


def quiet() -> Run:
    """Everything holds, one does not apply."""
    return run([*HOLDING, NOT_APPLICABLE], metrics=METRICS)
