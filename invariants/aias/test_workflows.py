"""Workflows: what is asked for is done, or is said to have failed."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from trueup import invariant
from trueup.errors import ConfigError

RUNBOOK = "workflows-not-executing"

WAITING = "status = 'pending' and started_at < :deadline"


@invariant(
    severity="P1",
    over="workflow_executions",
    fix="retry_stuck_executions",
    runbook=RUNBOOK,
    show=["id", "status"],
    needs=["workflow_executions.started_at"],
)
def test_no_workflow_execution_stays_pending(replica, now):
    """
    Nobody took it up within fifteen minutes: the tenant waits for work that nobody does.

    Where executions have no started_at they have no state in which they wait, either.
    """
    return replica.where(
        "workflow_executions",
        WAITING,
        columns=["id", "workflow_id", "status", "started_at"],
        deadline=now - timedelta(minutes=15),
    )


OVERRUN = """
    select id, workflow_id, status, started_at
    from workflow_executions
    where status = 'running' and started_at < :deadline
    order by id
"""

OVERRUN_BY_START_TIME = """
    select id, workflow_id, status, start_time
    from workflow_executions
    where status = 'running' and (start_time < :deadline or start_time is null)
    order by id
"""


@invariant(
    severity="P1",
    over="workflow_executions",
    fix="fail_timed_out_executions",
    runbook=RUNBOOK,
    show=["id", "status"],
)
def test_no_workflow_execution_outruns_its_timeout(replica, settings, now):
    """
    The platform cut it off long ago and could not say so: the tenant sees it run for ever.

    One that does not say since when it runs could never be seen to end, and is named too.
    """
    has_started_at = replica.has_column("workflow_executions.started_at")
    question = OVERRUN if has_started_at else OVERRUN_BY_START_TIME
    return replica.rows(question, deadline=now - _timeout(settings))


WITHOUT_END = """
    select id, workflow_id, status, started_at
    from workflow_executions
    where status in ('completed', 'failed', 'cancelled') and completed_at is null
    order by id
"""

WITHOUT_END_TIME = """
    select id, workflow_id, status, start_time
    from workflow_executions
    where status in ('completed', 'failed', 'cancelled') and end_time is null
    order by id
"""


@invariant(
    severity="P3",
    over="workflow_executions",
    fix="stamp_finished_executions",
    runbook=RUNBOOK,
    show=["id", "status"],
)
def test_every_finished_execution_says_when(replica):
    """It has ended and has no end: every duration, and every bill by duration, leaves it out."""
    has_completed_at = replica.has_column("workflow_executions.completed_at")
    return replica.rows(WITHOUT_END if has_completed_at else WITHOUT_END_TIME)


USED = """
    with used as (
        select tenant_id, count(*) as workflows
        from workflows
        where enabled and not deprecated
        group by tenant_id
    ),
    bought as (
        select distinct on (tenant_id) tenant_id, tier
        from subscriptions
        where status in ('active', 'trialing', 'past_due') and stripe_subscription_id is not null
        order by tenant_id, array_position(array['enterprise', 'pro', 'starter'], tier::text)
    )
    select tenants.id, coalesce(bought.tier, 'free') as tier, used.workflows,
           case when jsonb_typeof(tenants.limits -> 'workflows') = 'number'
               then (tenants.limits ->> 'workflows')::numeric
           end as granted
    from tenants
    join used on used.tenant_id = tenants.id
    left join bought on bought.tenant_id = tenants.id
    order by tenants.id
"""


@invariant(
    severity="P2",
    over=["tenants", "workflows"],
    fix="fit_tenant_into_plan",
    runbook="plan-limits",
    show=["tier"],
)
def test_tenants_stay_within_their_plan(replica, settings):
    """
    A tenant runs more workflows than it pays for, at the expense of those who pay.

    What the tenant was granted in its own limits counts before its tier. A tier that the settings
    do not know is worth the free one; a subscription that names none of Stripe is worth nothing,
    since users can write their own.
    """
    tiers = _tiers(settings)
    for tenant in replica.rows(USED):
        tier = tiers.get(tenant["tier"], tiers["free"])
        allowed = tier["workflows"] if tenant["granted"] is None else tenant["granted"]
        if allowed != -1 and tenant["workflows"] > allowed:
            yield {"id": tenant["id"], "tier": tenant["tier"]} | {
                "workflows": tenant["workflows"],
                "allowed": allowed,
            }


def _timeout(settings: Mapping[str, object]) -> timedelta:
    seconds = settings.get("execution_timeout")
    if not isinstance(seconds, int | float):
        raise ConfigError("the system's settings have no execution_timeout; add its seconds")
    return timedelta(seconds=seconds)


def _tiers(settings: Mapping[str, Any]) -> Mapping[str, Mapping[str, int]]:
    tiers: Mapping[str, Mapping[str, int]] = settings.get("tiers", {})
    if "free" not in tiers:
        raise ConfigError("the system's settings have no tiers.free; add what each tier allows")
    return tiers
