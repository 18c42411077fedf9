"""
Hand a workflow over to somebody who is still in its tenant, or switch it off.

Whose connections it may use from then on, the tenant has to say.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 200
STEPS = True

GUIDE = """
hand workflow {id} over: its owner {created_by} is no active member of tenant {tenant_id}

See who could take it: select user_id, role from tenant_members
where tenant_id = {tenant_id:literal} and status = 'active' and role in ('admin', 'member');

Ask the tenant's admin who does, and have that person connect their own accounts: the owner's
credentials are not theirs to use.

Then: update workflows set created_by = '…'
where id = {id:literal} and created_by = {created_by:literal};

If nobody wants it: update workflows set enabled = false where id = {id:literal};

select created_by, enabled from workflows where id = {id:literal};
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One workflow each."""
    for workflow in violations:
        yield written(GUIDE, workflow)
