"""
Ask who granted the override, and keep it under an admin's name or end it.

Only a person knows whether a promise was made; the audit log knows who was signed in.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 50
STEPS = True

REVIEW = """
review the override of user {user_id}

It says that {granted_by} granted it. Who was signed in: select created_at, actor_id, actor_role,
action_type from audit_logs where target_user_id = {user_id:literal}
and action_type like 'admin_override%' order by created_at;

If an admin stands by it, put it under their name: update admin_overrides set created_by = '…'
where id = {id:literal};

If nobody does, end it, under the name of the admin who decides: update admin_overrides
set quota_overrides = '{{}}', trial_extension_days = 0, created_by = '…' where id = {id:literal};

If somebody who is no admin wrote it, look for what else they wrote, and for what let them.

select role from user_roles
where user_id = (select created_by from admin_overrides where id = {id:literal});  -- admin
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """The way to find out, and both ways to end it."""
    for override in violations:
        granted_by = override["created_by"] or "nobody"
        yield written(REVIEW, {**override, "granted_by": granted_by})
