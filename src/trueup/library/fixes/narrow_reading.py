"""
Find the policy that shows a table's rows to others than their owner, and narrow it.

Permissive policies add up: one that is too wide undoes all the narrow ones beside it.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 50
STEPS = True

GUIDE = """
narrow who reads {table}: {role} sees {rows} rows of others

See its policies: select policyname, permissive, roles, cmd, qual from pg_policies
where format('%I.%I', schemaname, tablename)::regclass = {table:literal}::regclass
and cmd in ('SELECT', 'ALL');

Look for one that is true for more than the owner's rows, and for row-level security that is off.

As a migration: alter that policy to compare the owner's column with auth.uid(), or the tenant's
with the memberships of auth.uid(); or drop it where another one serves the site.

select relrowsecurity from pg_class where oid = {table:literal}::regclass;  -- t
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One table and role each."""
    for seen in violations:
        yield written(GUIDE, seen)
