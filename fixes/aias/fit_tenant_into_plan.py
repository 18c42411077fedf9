"""
Bring a tenant and its plan together: a larger plan, a promise written down, or fewer workflows.

Which of its workflows a tenant can do without, only the tenant can say.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 200
STEPS = True

GUIDE = """
bring tenant {id} and its plan together: {workflows} workflows, {allowed} allowed ({tier})

See which it uses: select workflow.id, max(execution.started_at) as last_run
from workflows as workflow left join workflow_executions as execution
on execution.workflow_id = workflow.id where workflow.tenant_id = {id:literal} and workflow.enabled
group by workflow.id order by last_run desc nulls last;

Write to its admin: they upgrade, or say which may be switched off.

If it was promised more: update tenants set limits = limits || '{{"workflows": …}}'
where id = {id:literal};

If it may be switched off: update workflows set enabled = false where id = '…'
and tenant_id = {id:literal};

select count(*) from workflows
where tenant_id = {id:literal} and enabled and not deprecated;  -- no more than is allowed
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One tenant each."""
    for tenant in violations:
        yield written(GUIDE, tenant)
