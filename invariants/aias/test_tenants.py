"""Tenants: somebody answers for each, and what is theirs can be found by its members."""

from trueup import invariant

RUNBOOK = "i-cannot-access-my-data"

WITHOUT_ADMIN = """
    select id, status, created_at,
           (
               select count(*) from tenant_members as member
               where member.tenant_id = tenants.id and member.status = 'active'
           ) as members
    from tenants
    where status is distinct from 'cancelled'
      and not exists (
          select from tenant_members as member
          where member.tenant_id = tenants.id and member.status = 'active'
            and member.role = 'admin'
      )
    order by id
"""


@invariant(
    severity="P1",
    over="tenants",
    fix="restore_tenant_admin",
    runbook=RUNBOOK,
    show=["status"],
)
def test_every_tenant_has_an_admin(replica):
    """Nobody can invite, pay or let anybody go: the tenant is locked out of its own account."""
    return replica.rows(WITHOUT_ADMIN)


OWNED_BY_STRANGERS = """
    select workflow.id, workflow.tenant_id, workflow.created_by, member.status as membership,
           workflow.updated_at
    from workflows as workflow
    left join tenant_members as member
      on member.tenant_id = workflow.tenant_id and member.user_id = workflow.created_by
    where workflow.enabled and workflow.tenant_id is not null and workflow.created_by is not null
      and member.status is distinct from 'active'
    order by workflow.id
"""


@invariant(
    severity="P1",
    over="workflows",
    fix="hand_over_workflow",
    runbook=RUNBOOK,
    show=["membership"],
)
def test_every_workflow_owner_is_a_member(replica):
    """It runs on, in the name and with the connections of somebody who has left or never was in."""
    return replica.rows(OWNED_BY_STRANGERS)


ROWS_OF_NO_TENANT = """
    select id, 'workflows' as "table", 'names no tenant' as trouble, created_by as user_id
    from workflows
    where tenant_id is null
    union all
    select id, 'workflows', 'names one that is gone', created_by
    from workflows as row
    where tenant_id is not null
      and not exists (select from tenants where tenants.id = row.tenant_id)
    union all
    select id, 'tenant_members', 'names one that is gone', user_id
    from tenant_members as row
    where not exists (select from tenants where tenants.id = row.tenant_id)
    union all
    select id, 'subscriptions', 'names one that is gone', user_id
    from subscriptions as row
    where tenant_id is not null
      and not exists (select from tenants where tenants.id = row.tenant_id)
    union all
    select id, 'usage_metrics', 'names one that is gone', user_id
    from usage_metrics as row
    where tenant_id is not null
      and not exists (select from tenants where tenants.id = row.tenant_id)
    union all
    select id, 'error_logs', 'names one that is gone', user_id
    from error_logs as row
    where tenant_id is not null
      and not exists (select from tenants where tenants.id = row.tenant_id)
    order by 1
"""

EXECUTIONS_OF_NO_TENANT = """
    select id, 'workflow_executions' as "table",
           case when tenant_id is null then 'names no tenant' else 'names one that is gone' end
               as trouble, user_id
    from workflow_executions as row
    where tenant_id is null and user_id is null
       or tenant_id is not null
          and not exists (select from tenants where tenants.id = row.tenant_id)
    order by id
"""


@invariant(
    severity="P1",
    over=["workflows", "tenant_members", "subscriptions", "usage_metrics", "error_logs"],
    fix="name_the_tenant",
    runbook=RUNBOOK,
    show=["id", "table", "trouble"],
)
def test_every_tenant_row_names_a_tenant(replica):
    """
    Policies go by the tenant: without it nobody sees the row, and its owner asks where it went.

    An execution may be somebody's own; one that names neither a tenant nor a user is nobody's.
    """
    yield from replica.rows(ROWS_OF_NO_TENANT)
    if replica.has_column("workflow_executions.tenant_id"):
        yield from replica.rows(EXECUTIONS_OF_NO_TENANT)
