"""
Mend a policy that fails when it is evaluated, so that the table can be read again.

One that asks its own table asks itself for ever; a function of its owner's, security definer,
asks without policies.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 50
STEPS = True

GUIDE = """
mend the policies of {table}

For {roles} it fails with {sqlstate}. 42P17 is a policy that asks its own table; 42501 one that
needs a table or a function that the role may not use; 42883 and 42P01 one that calls what is gone.

See them: select policyname, cmd, roles, qual, with_check from pg_policies
where format('%I.%I', schemaname, tablename) = {name:literal};

As a migration: let the policy call a function that is stable, security definer and has its
search_path set, in place of a subquery on {name}; grant execute on it to {roles}.

Ask as a visitor: begin; set local role authenticated; select count(*) from {name}; rollback;
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One table each."""
    for table in violations:
        yield written(GUIDE, table)
