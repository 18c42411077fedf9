"""Migrations: those that the repository lists are those that the database applied, to their end."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Unpack

from msgspec import Struct

from trueup.errors import ConfigError
from trueup.library.declare import Options, declared
from trueup.model.invariant import Invariant, Row
from trueup.replica.reader import Reader


class Tool(Struct, frozen=True):
    """What applies migrations: where it keeps what it applied, and where a repository has them."""

    name: str
    table: str
    applied: str
    """A SELECT of `version`, what has been applied."""

    folder: str
    example: str


SUPABASE = Tool(
    name="supabase",
    table="supabase_migrations.schema_migrations",
    applied="select version from supabase_migrations.schema_migrations",
    folder="supabase/migrations",
    example="20260101000000",
)
# A migration that was tried again has a row for each time.
PRISMA = Tool(
    name="prisma",
    table="_prisma_migrations",
    applied="select distinct migration_name as version from _prisma_migrations"
    " where finished_at is not null and rolled_back_at is null",
    folder="prisma/migrations",
    example="20260101000000_init",
)

_DIFFERENT = """
    with applied as ({applied})
    select listed.version, 'listed, not applied' as trouble, '{name}' as tool
    from unnest(cast(:listed as text[])) as listed(version)
    where not exists (select from applied where applied.version = listed.version)
    union all
    select applied.version, 'applied, not listed', '{name}'
    from applied
    where applied.version <> all(cast(:listed as text[]))
    order by version
"""

_FAILED = """
    select id, migration_name, started_at, applied_steps_count
    from _prisma_migrations
    where finished_at is null and rolled_back_at is null
      and (coalesce(logs, '') <> '' or started_at < :deadline)
    order by id
"""


def every_migration_is_applied(tool: Tool = SUPABASE, **said: Unpack[Options]) -> Invariant:
    """
    The tool has applied what `migrations` of the system's settings lists, and nothing else.

    A version says nothing of what it did: somebody may have edited it, or run half of it.
    """
    different = _DIFFERENT.format(applied=tool.applied, name=tool.name)

    def ask(replica: Reader, settings: Mapping[str, object]) -> Iterable[Row]:
        return replica.rows(different, listed=_listed(settings, tool))

    return declared(
        ask,
        {
            "severity": "P1",
            "fix": "apply_migrations",
            "harm": "The code that was deployed and the database that it meets were not made for"
            " each other: requests fail wherever they differ.",
        },
        said,
        over=tool.table,
        show=["version", "trouble", "tool"],
    )


def no_migration_has_failed(
    within: timedelta = timedelta(minutes=10), **said: Unpack[Options]
) -> Invariant:
    """
    Every migration that Prisma began has ended, or was marked as rolled back.

    One that failed says so in its log. One whose process died says nothing, and looks as one that
    runs: it counts once it has taken longer than `within`.
    """

    def ask(replica: Reader, now: datetime) -> Iterable[Row]:
        return replica.rows(_FAILED, deadline=now - within)

    return declared(
        ask,
        {
            "severity": "P0",
            "fix": "resolve_migration",
            "harm": "Every deployment is refused until somebody says what became of it, and half of"
            " what it changes may be there.",
        },
        said,
        over=PRISMA.table,
        show=["migration_name"],
    )


def _listed(settings: Mapping[str, object], tool: Tool) -> list[str]:
    listed = settings.get("migrations")
    if not isinstance(listed, list) or not listed:
        raise ConfigError(
            f'the system\'s settings list no migrations; add migrations = ["{tool.example}", …]'
            f" with every version in {tool.folder}"
        )
    return [str(version) for version in listed]
