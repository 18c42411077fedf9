"""How long a guarded session may take, and all the settings that it has."""

from collections.abc import Mapping

from msgspec import Struct


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


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))
