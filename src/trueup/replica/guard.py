"""Settings, made by SQL and read back."""

from collections.abc import Mapping

import psycopg
from psycopg.rows import TupleRow

from trueup.errors import GuardError
from trueup.replica.later import Later

_SET = """
    select name, pg_catalog.set_config(name, value, %s)
    from unnest(%s::text[], %s::text[]) as wanted(name, value)
    where pg_catalog.current_setting(name, true) is not null
"""

_READ_BACK = """
    select name, setting from pg_catalog.pg_settings where name = any(%s)
"""


def apply_settings(
    connection: psycopg.Connection[TupleRow], wanted: Mapping[str, str], *, local: bool = False
) -> Later[tuple[str, ...]]:
    """
    Make the settings by SQL and read them back; gives later the names of those that were made.

    With `local` they end with the transaction, so that a server connection which a pooler shares
    is given back as it was. A pooler may drop start-up options without a word, and a SET too:
    whatever did not take raises GuardError with its name. A setting that this version of
    PostgreSQL lacks is left out.
    """
    connection.execute(_SET, [local, list(wanted), list(wanted.values())])
    read_back = connection.execute(_READ_BACK, [list(wanted)])

    def made() -> tuple[str, ...]:
        found: dict[str, str] = dict(read_back.fetchall())
        for name, value in found.items():
            if value != wanted[name]:
                raise GuardError(
                    f"the setting {name} did not take: it is {value!r}, not {wanted[name]!r};"
                    " a pooler in between drops it, connect directly or in session mode"
                )
        return tuple(name for name in wanted if name in found)

    return made
