"""
Bring the database and the list of migrations to the same versions.

What was applied by hand has to be read before it is listed: nobody reviewed it.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 100
STEPS = True

NOT_APPLIED_BY_SUPABASE = """
apply migration {version}, or roll the deployment back

See what production would be given: supabase migration list, then supabase db push --dry-run

If the code that is deployed needs it, apply it: supabase db push

If the deployment itself was the mistake, deploy the release before it, and take {version} out of
migrations in the system's settings until it goes out again.

select version, name from supabase_migrations.schema_migrations where version = {version:literal};
"""

NOT_LISTED_BY_SUPABASE = """
find out what migration {version} was

Read what it did: select name, statements from supabase_migrations.schema_migrations
where version = {version:literal};

If it is right, put it into the repository (supabase migration fetch), let somebody review it, and
list it under migrations in the system's settings.

If it is not, revert what it did with a migration of its own, and: supabase migration repair
--status reverted {version}

select version, name from supabase_migrations.schema_migrations where version = {version:literal};
"""


NOT_APPLIED_BY_PRISMA = """
apply migration {version}, or roll the deployment back

See what production lacks, with its database URL in the environment: prisma migrate status

If that says that a migration has failed, plan resolve_migration first: Prisma applies nothing else
until then.

If the code that is deployed needs it, apply it: prisma migrate deploy

If the deployment itself was the mistake, deploy the release before it, and take {version} out of
migrations in the system's settings until it goes out again.

select finished_at, rolled_back_at from _prisma_migrations where migration_name = {version:literal};
"""

NOT_LISTED_BY_PRISMA = """
find out what migration {version} was

Look for its folder in other branches: prisma/migrations/{version}/migration.sql is what it did.
Prisma keeps a checksum of it and not the SQL.

If it is right, bring that folder into the repository as it is, let somebody review it, and list it
under migrations in the system's settings.

If it is not, revert what it did with a migration of its own, and list both.

select checksum, started_at from _prisma_migrations where migration_name = {version:literal};
"""

GUIDES = {
    ("supabase", "listed, not applied"): NOT_APPLIED_BY_SUPABASE,
    ("supabase", "applied, not listed"): NOT_LISTED_BY_SUPABASE,
    ("prisma", "listed, not applied"): NOT_APPLIED_BY_PRISMA,
    ("prisma", "applied, not listed"): NOT_LISTED_BY_PRISMA,
}


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One version each, in the words of the tool that applies it."""
    for migration in violations:
        guide = GUIDES[str(migration["tool"]), str(migration["trouble"])]
        yield written(guide, migration)
