"""
Narrow a policy that lets everybody write, to whose row it is.

Only whoever knows the table can say whose that is; until then the policy can be dropped.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 50
STEPS = True

GUIDE = """
narrow the policy {policy}

It is FOR {command} TO {roles}, with the condition true. Who wrote through it cannot be told from
here; look at the newest rows of {table}.

If nothing on the site needs it: drop policy {name} on {table};

If users write their own rows: alter policy {name} on {table} to authenticated, with the condition
auth.uid() = user_id in its USING, its WITH CHECK, or both.

If only the server writes: drop it too, since service_role needs no policy.

select cmd, roles, qual, with_check from pg_policies
where format('%I.%I', schemaname, tablename) = {table:literal};
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One policy each."""
    for policy in violations:
        yield written(GUIDE, policy)
