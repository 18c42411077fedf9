"""
Turn row-level security on for a table, after seeing that its policies let its users in.

On a table without a policy it shuts everybody out but the owner and service_role.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 50
STEPS = True

GUIDE = """
turn row-level security on for {table}

It has {policies} policies: select policyname, cmd, roles, qual, with_check from pg_policies
where format('%I.%I', schemaname, tablename) = {name:literal}; Where users read the table and none
lets them, write that policy first, in the same migration.

As a migration: alter table {name} enable row level security;

See with the public key that a visitor no longer reads it, and as a signed-in user that the site
still works.

select relrowsecurity from pg_class where oid = {name:literal}::regclass;  -- t
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One table each; a change of the schema is for a migration, not for this."""
    for table in violations:
        yield written(GUIDE, table)
