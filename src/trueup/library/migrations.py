"""Migrations: those that the repository lists are those that the database applied."""

from collections.abc import Iterable, Mapping
from typing import Unpack

from trueup.errors import ConfigError
from trueup.library.declare import Options, declared
from trueup.model.invariant import Invariant, Row
from trueup.replica.reader import Reader

_DIFFERENT = """
    select listed.version, 'listed, not applied' as trouble
    from unnest(cast(:listed as text[])) as listed(version)
    where not exists (
        select from supabase_migrations.schema_migrations as applied
        where applied.version = listed.version
    )
    union all
    select applied.version, 'applied, not listed'
    from supabase_migrations.schema_migrations as applied
    where applied.version <> all(cast(:listed as text[]))
    order by version
"""


def every_migration_is_applied(**said: Unpack[Options]) -> Invariant:
    """
    Supabase has applied the versions in `migrations` of the system's settings, and no others.

    A version says nothing of what it did: somebody may have edited it, or run half of it.
    """

    def ask(replica: Reader, settings: Mapping[str, object]) -> Iterable[Row]:
        return replica.rows(_DIFFERENT, listed=_listed(settings))

    return declared(
        ask,
        {
            "severity": "P1",
            "fix": "apply_migrations",
            "harm": "The code that was deployed and the database that it meets were not made for"
            " each other: requests fail wherever they differ.",
        },
        said,
        over="supabase_migrations.schema_migrations",
        show=["trouble"],
    )


def _listed(settings: Mapping[str, object]) -> list[str]:
    listed = settings.get("migrations")
    if not isinstance(listed, list) or not listed:
        raise ConfigError(
            'the system\'s settings list no migrations; add migrations = ["20260101000000", …]'
            " with every version in supabase/migrations"
        )
    return [str(version) for version in listed]
