"""
Find out how far a failed migration came, and tell Prisma, so that others can be applied again.

Only whoever reads the database and the migration's SQL knows which half of it is there.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 50
STEPS = True

GUIDE = """
resolve migration {migration_name}, which began at {started_at} and has not ended

See that nobody runs it at this moment: select pid from pg_locks where locktype = 'advisory'
and objid = 72707369;

See why it failed: select logs from _prisma_migrations where id = {id:literal};

Compare prisma/migrations/{migration_name}/migration.sql with the database: which of its statements
are there?

If none of it is, or you have reverted by hand what was: prisma migrate resolve
--rolled-back {migration_name}. Mend the migration, and: prisma migrate deploy

If all of it is, or you have finished by hand what was not: prisma migrate resolve
--applied {migration_name}

select finished_at, rolled_back_at from _prisma_migrations where id = {id:literal};  -- one is set
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One migration each."""
    for migration in violations:
        yield written(GUIDE, migration)
