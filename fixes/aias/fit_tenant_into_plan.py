"""
Bring a tenant and its plan together: a larger plan, a promise written down, or fewer workflows.

Which of its workflows a tenant can do without, only the tenant can say.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 200
STEPS = True

GUIDE = """
bring tenant {id} and its plan together: {workflows} workflows, {allowed} allowed ({tier})

See which it uses: select workflow.id, max(execution.{began}) as last_run
from workflows as workflow left join workflow_executions as execution
on execution.workflow_id = workflow.id where workflow.tenant_id = {id:literal} and workflow.enabled
group by workflow.id order by last_run desc nulls last;

Write to its admin: they upgrade, or say which may be switched off.

If it was promised more: update tenants
set limits = coalesce(limits, '{{}}') || '{{"workflows": …}}' where id = {id:literal};

If it may be switched off: update workflows set enabled = false where id = '…'
and tenant_id = {id:literal};

select count(*) from workflows
where tenant_id = {id:literal} and enabled and not deprecated;  -- no more than is allowed
"""


def plan(violations: Iterable[Violation], primary: Reader) -> Iterator[Change]:
    """One tenant each."""
    has_started_at = primary.has_column("workflow_executions.started_at")
    began = "started_at" if has_started_at else "start_time"
    for tenant in violations:
        yield written(GUIDE, {**tenant, "began": began})
