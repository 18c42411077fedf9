"""
Turn row-level security on for a table that has policies; where it has none, say what to do first.

The plan names the roles that no policy lets in: for them the table is empty from then on, and
Trueup's own reader may be one of them.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Alter, Alteration, Change
from trueup.model.violation import Violation

AT_MOST = 50

NO_POLICY = """
write policies for {table}, then turn row-level security on

It has no policy, so nobody but its owner and service_role would see a row of it. Where users read
it, write the policy that lets them, in a migration.

As the end of the same migration: alter table {name} enable row level security;

See with the public key that a visitor no longer reads it, and as a signed-in user that the site
still works.

select relrowsecurity from pg_class where oid = {name:literal}::regclass;  -- t
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One table each."""
    for table in violations:
        if table["policies"]:
            yield Alter(Alteration.ENABLE_ROW_SECURITY, str(table["table"]))
        else:
            yield written(NO_POLICY, table)
