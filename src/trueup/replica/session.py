"""A guarded session on a replica: opened, proven harmless, and asked one transaction at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

from trueup.errors import GuardError, QueryError
from trueup.replica.connection import Dsn, connect
from trueup.replica.freshness import Read, read_freshness
from trueup.replica.guard import Limits, apply_settings, inspect_role, refuse_writer, settings
from trueup.replica.reader import Reader
from trueup.replica.trouble import query_error

_BEGIN = "begin isolation level repeatable read read only"

_FIRST = "select pg_catalog.current_setting('transaction_read_only')"
"""A first question of our own: after it, no statement can turn the transaction writable."""

_LAST = "select pg_catalog.pg_current_xact_id_if_assigned() is null"


@dataclass(frozen=True, slots=True)
class About:
    """What the session turned out to be."""

    role: str
    version: str
    database: str
    freshness: Read


class Session:
    """One guarded connection; `reading` is the only way to ask through it."""

    def __init__(self, connection: psycopg.Connection[TupleRow], about: About) -> None:
        self._connection = connection
        self.about = about

    @property
    def alive(self) -> bool:
        """Whether the connection can still be asked."""
        return not self._connection.closed

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """
        A read-only transaction with one snapshot; it always ends in a rollback.

        Raises GuardError where it was not read-only, or had been given a transaction id: then
        something tried to write. The connection is closed in that case.
        """
        self._begin()
        try:
            yield Reader(self._connection)
            self._prove_untouched()
        finally:
            self._end()

    def close(self) -> None:
        """End the session."""
        self._connection.close()

    def _begin(self) -> None:
        try:
            self._connection.execute(_BEGIN)
            found = self._connection.execute(_FIRST, prepare=True).fetchone()
        except psycopg.Error as error:
            self._connection.close()
            raise query_error(error) from None
        if found != ("on",):
            self._connection.close()
            raise GuardError("the transaction is not read-only; the connection was closed")

    def _prove_untouched(self) -> None:
        status = self._connection.info.transaction_status
        if self._connection.closed or status is not TransactionStatus.INTRANS:
            return  # a question failed, and said so itself
        try:
            found = self._connection.execute(_LAST, prepare=True).fetchone()
        except psycopg.Error as error:
            raise query_error(error) from None
        if found != (True,):
            self._connection.close()
            raise GuardError(
                "the transaction was given a transaction id, so something in it tried to write;"
                " the connection was closed"
            )

    def _end(self) -> None:
        """Roll back; a connection that cannot even do that is closed, and opened again by need."""
        try:
            if not self._connection.closed:
                self._connection.execute("rollback")
        except psycopg.Error:
            self._connection.close()


def open_session(
    dsn: Dsn,
    *,
    primary_allowed: bool,
    limits: Limits,
    max_lag: timedelta,
    application: str,
) -> Session:
    """
    Connect and prove the session harmless: server, role, settings, freshness.

    Raises GuardError, with what to do, for a primary that is not allowed, a role that can write
    or a setting that did not take. Stale data is not an error here: see `about.freshness`.
    """
    connection = connect(dsn, standby=not primary_allowed, application=application)
    try:
        apply_settings(connection, settings(limits))
        role, troubles = inspect_role(connection)
        refuse_writer(role, troubles)
        freshness = read_freshness(connection, max_lag)
        if freshness.freshness == "primary" and not primary_allowed:
            raise GuardError(
                f"{dsn.source}: the server is a primary, not a standby; give the replica's URL"
            )
        about = About(
            role=role,
            version=connection.info.parameter_status("server_version") or "",
            database=connection.info.dbname,
            freshness=freshness,
        )
    except psycopg.Error as error:
        connection.close()
        raise query_error(error) from None
    except (GuardError, QueryError):
        connection.close()
        raise
    return Session(connection, about)
