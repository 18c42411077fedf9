"""Errors: rare, and the critical ones are looked into. Their clock is the column timestamp."""

from datetime import timedelta

from trueup import invariant

RUNBOOK = "high-error-rate"

FREQUENT = """
    select 'last_hour' as "window", failed.errors, made.calls,
           round(100.0 * failed.errors / nullif(made.calls, 0), 2) as percent
    from (
        select count(*) as errors
        from error_logs
        where "timestamp" >= :start and "timestamp" < :now
    ) as failed
    cross join (
        select coalesce(sum(quantity), 0) as calls
        from usage_metrics
        where metric_type = 'api_call' and "timestamp" >= :start and "timestamp" < :now
    ) as made
    where failed.errors >= 5 and failed.errors > 0.01 * made.calls
"""


@invariant(
    severity="P1",
    over=["error_logs", "usage_metrics"],
    fix="look_into_errors",
    runbook=RUNBOOK,
    show=["window"],
)
def test_errors_stay_rare(replica, now):
    """
    More than one call in a hundred fails: something that was deployed, or that we call, is broken.

    Of the last hour, since five minutes at night are a handful of calls; fewer than five errors
    are no rate.
    """
    return replica.rows(FREQUENT, start=now - timedelta(hours=1), now=now)


UNRESOLVED = """severity = 'critical' and not resolved and "timestamp" < :deadline"""


@invariant(
    severity="P1",
    over="error_logs",
    fix="resolve_error_logs",
    runbook=RUNBOOK,
    show=["severity"],
)
def test_no_critical_error_stays_unresolved_for_an_hour(replica, now):
    """Something broke badly for somebody, and nobody has looked yet."""
    return replica.where(
        "error_logs",
        UNRESOLVED,
        columns=["id", "severity", '"timestamp"', "user_id", "tenant_id"],
        deadline=now - timedelta(hours=1),
    )
