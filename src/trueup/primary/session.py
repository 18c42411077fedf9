"""A session on the primary, with the fixer's own credential; it writes, and reads to plan."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg
from msgspec import Struct
from psycopg import IsolationLevel
from psycopg.rows import TupleRow

from trueup.errors import GuardError
from trueup.model.plan import Database
from trueup.primary.trouble import refused
from trueup.replica import instants
from trueup.replica.connection import connect
from trueup.replica.dsn import Dsn
from trueup.replica.guard import apply_settings
from trueup.replica.limits import Limits
from trueup.replica.limits import settings as guarded
from trueup.replica.permitted import Permitted
from trueup.replica.reader import Reader

APPLICATION = "trueup/fix"

Connection = psycopg.Connection[TupleRow]

_STATE = """
    select
        pg_catalog.pg_is_in_recovery(),
        pg_catalog.current_setting('transaction_read_only'),
        pg_catalog.current_setting('track_counts')
"""

_IDENTITY = """
    select system_identifier::text, pg_catalog.current_database()
    from pg_catalog.pg_control_system()
"""

_ROLE = "select session_user::text"


class Primary(Struct, frozen=True):
    """An open primary; the connection never leaves this room."""

    connection: Connection
    dsn: Dsn
    limits: Limits
    database: Database
    role: str


@contextmanager
def open_primary(dsn: Dsn, limits: Limits) -> Iterator[Primary]:
    """
    Connect to a primary and close it at the end of the block.

    Raises GuardError for a standby, for a session that cannot write, and for a setting that did
    not take.
    """
    with _connected(dsn, limits) as connection:
        database = identity(connection)
        role = str(_one(connection, _ROLE)[0])
        yield Primary(connection, dsn, limits, database, role)


@contextmanager
def observing(primary: Primary) -> Iterator[Connection]:
    """A second session: what is committed, without what the first has changed and not committed."""
    with _connected(primary.dsn, primary.limits) as connection:
        yield connection


@contextmanager
def reading(connection: Connection, permitted: Permitted | None = None) -> Iterator[Reader]:
    """
    A read-only transaction with one snapshot; it always ends in a rollback.

    `permitted` is what a question may do, where somebody has asked for it already.
    """
    with refused("read"):
        connection.execute("begin isolation level repeatable read read only")
    try:
        yield Reader(connection, permitted)
    finally:
        if not connection.closed:
            connection.execute("rollback")


@contextmanager
def questioning(connection: Connection, permitted: Permitted | None = None) -> Iterator[Reader]:
    """
    Questions inside a transaction that writes, in a part of it that cannot.

    Read only ends with the savepoint, and so does whatever a question left broken.
    """
    with connection.transaction(force_rollback=True):
        connection.execute("set transaction read only")
        yield Reader(connection, permitted)


def identity(connection: Connection) -> Database:
    """Which database this is: the cluster's system identifier, which a restore keeps, and name."""
    with refused("identify the primary"):
        system_identifier, name = _one(connection, _IDENTITY)
    return Database(system_identifier=str(system_identifier), name=str(name))


def settings(limits: Limits) -> Mapping[str, str]:
    """The guarded session's settings, but writable, and so that text reads back as it was."""
    return {
        **guarded(limits),
        "default_transaction_read_only": "off",
        "IntervalStyle": "postgres",
        "bytea_output": "hex",
        "extra_float_digits": "1",
    }


@contextmanager
def _connected(dsn: Dsn, limits: Limits) -> Iterator[Connection]:
    with connect(dsn, standby=False, application=APPLICATION) as connection:
        with refused("open the primary"):
            _require_primary(connection, dsn)
            apply_settings(connection, settings(limits))()
        instants.take_all(connection)
        connection.isolation_level = IsolationLevel.READ_COMMITTED
        connection.prepare_threshold = None
        yield connection


def _require_primary(connection: Connection, dsn: Dsn) -> None:
    recovering, read_only, counting = _one(connection, _STATE)
    if recovering:
        raise GuardError(f"{dsn.source}: the server is a standby; give the primary's URL")
    if read_only == "on":
        connection.execute("set default_transaction_read_only = off")
        if _one(connection, _STATE)[1] == "on":
            raise GuardError(f"{dsn.source}: the session cannot write; give the fixer's URL")
    if counting != "on":
        raise GuardError(
            f"{dsn.source}: track_counts is off, so what triggers change could not be seen;"
            " set it to on"
        )


def _one(connection: Connection, question: str) -> TupleRow:
    row = connection.execute(question.encode()).fetchone()
    if row is None:  # pragma: no cover  # each of these questions has exactly one row
        raise AssertionError("unreachable")
    return row
