"""
Give rows that name no tenant the one that they belong to, where that is certain.

An execution belongs to its workflow's tenant, and a workflow to the only tenant in which its owner
is active. For an owner of several, or of none, and for rows whose tenant is gone, a person decides.
"""

from collections.abc import Iterator, Sequence

from trueup import Update
from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 500

NAMELESS = "names no tenant"

ONLY_TENANTS = """
    select member.user_id, min(tenants.id::text)::uuid as tenant_id
    from tenant_members as member
    join tenants on tenants.id = member.tenant_id
    where member.status = 'active' and member.user_id = any(:users)
    group by member.user_id
    having count(*) = 1
    order by member.user_id
"""

WORKFLOWS_OF = """
    select execution.id, workflow.tenant_id
    from workflow_executions as execution
    join workflows as workflow on workflow.id = execution.workflow_id
    join tenants on tenants.id = workflow.tenant_id
    where execution.id = any(:ids)
    order by execution.id
"""

GUIDE = """
find out whose row {id} of {table} is: it {trouble}

See it: select * from {table} where id = {id:literal};

If its tenant is known: update {table} set tenant_id = '…' where id = {id:literal};

If its tenant is gone for good, so is the row: delete from {table} where id = {id:literal}; and,
once none is left, put the foreign key on tenant_id back, on delete cascade.

select count(*) from {table} where id = {id:literal}
and tenant_id in (select id from tenants);  -- 1, or the row is gone
"""


def plan(violations: Sequence[Violation], primary: Reader) -> Iterator[Change]:
    """One row each."""
    nameless = [row for row in violations if row["trouble"] == NAMELESS]
    known = _tenants(nameless, primary)
    for row in violations:
        tenant = known.get(row["id"])
        if tenant is None:
            yield written(GUIDE, row)
        else:
            yield Update(
                str(row["table"]),
                key={"id": row["id"]},
                expect={"tenant_id": None},
                set={"tenant_id": tenant},
            )


def _tenants(nameless: Sequence[Violation], primary: Reader) -> dict[object, object]:
    """The tenant of each row of which it is certain, by the row's id."""
    users = [row["user_id"] for row in nameless if row["table"] == "workflows"]
    executions = [row["id"] for row in nameless if row["table"] == "workflow_executions"]
    of_user = {row["user_id"]: row["tenant_id"] for row in primary.rows(ONLY_TENANTS, users=users)}
    found = {
        row["id"]: of_user[row["user_id"]]
        for row in nameless
        if row["table"] == "workflows" and row["user_id"] in of_user
    }
    if executions:
        found |= {row["id"]: row["tenant_id"] for row in primary.rows(WORKFLOWS_OF, ids=executions)}
    return found
