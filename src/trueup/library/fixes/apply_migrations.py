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

NOT_APPLIED = """
apply migration {version}, or roll the deployment back

See what production would be given: supabase migration list, then supabase db push --dry-run

If the code that is deployed needs it, apply it: supabase db push

If the deployment itself was the mistake, deploy the release before it, and take {version} out of
migrations in the system's settings until it goes out again.

select version, name from supabase_migrations.schema_migrations where version = {version:literal};
"""

NOT_LISTED = """
find out what migration {version} was

Read what it did: select name, statements from supabase_migrations.schema_migrations
where version = {version:literal};

If it is right, put it into the repository (supabase migration fetch), let somebody review it, and
list it under migrations in the system's settings.

If it is not, revert what it did with a migration of its own, and: supabase migration repair
--status reverted {version}

select version, name from supabase_migrations.schema_migrations where version = {version:literal};
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One version each."""
    for migration in violations:
        listed = migration["trouble"] == "listed, not applied"
        yield written(NOT_APPLIED if listed else NOT_LISTED, migration)
