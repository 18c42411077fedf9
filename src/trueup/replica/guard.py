"""The settings of a guarded session, made by SQL and read back."""

from collections.abc import Mapping

import psycopg
from msgspec import Struct
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


class Limits(Struct, frozen=True):
    """
    How long a statement, a lock and an idle transaction may take, in seconds.

    `cost` is what an invariant's question may cost in the planner's units, None for any.
    """

    statement: float = 30.0
    lock: float = 2.0
    idle: float = 60.0
    cost: float | None = None
    search_path: str = "public"


def settings(limits: Limits) -> Mapping[str, str]:
    """The settings of a guarded session, by name, as pg_settings shows them."""
    return {
        "default_transaction_read_only": "on",
        "row_security": "off",
        "statement_timeout": _milliseconds(limits.statement),
        "lock_timeout": _milliseconds(limits.lock),
        "idle_in_transaction_session_timeout": _milliseconds(limits.idle),
        "transaction_timeout": _milliseconds(limits.statement * 4),
        "TimeZone": "UTC",
        "DateStyle": "ISO, MDY",
        "IntervalStyle": "postgres",
        "search_path": limits.search_path,
        "standard_conforming_strings": "on",
        "jit": "off",
        # A cursor is planned for all of its rows, as the same question without one.
        "cursor_tuple_fraction": "1",
        # A question takes one core of production's, and no more than it has connections are taken.
        "max_parallel_workers_per_gather": "0",
    }


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


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))
