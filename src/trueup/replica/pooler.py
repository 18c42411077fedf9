"""What lies between us and the server: nothing, a pooler by session, or one by transaction."""

from enum import StrEnum

import psycopg
from psycopg.rows import TupleRow

from trueup.errors import ConnectError, QueryError
from trueup.replica.connection import connect
from trueup.replica.dsn import Dsn
from trueup.replica.later import Later
from trueup.replica.watchdog import answered_within

_PID = "select pg_catalog.pg_backend_pid()"


class Pooling(StrEnum):
    """How long a client keeps its server connection."""

    NONE = "direct"
    SESSION = "pooler in session mode"
    TRANSACTION = "pooler in transaction mode"


def is_pooled(connection: psycopg.Connection[TupleRow]) -> Later[bool]:
    """Whether somebody else answered the handshake: a pooler makes up the backend's number."""
    asked = connection.execute(_PID)
    return lambda: asked.fetchone() != (connection.info.backend_pid,)


def pooling(connection: psycopg.Connection[TupleRow], dsn: Dsn, application: str) -> Pooling:
    """
    Find out by two clients that change places: in transaction mode they get each other's server.

    The second client is opened here, so this is asked only behind a pooler. Where it is not served,
    as by a pool of one connection, nothing can be shared, and transaction mode is what is assumed.
    """
    try:
        with (
            connect(dsn, standby=False, application=application) as other,
            answered_within(other, 0),
        ):
            return _by_places(connection, other)
    except (ConnectError, QueryError, psycopg.Error):
        return Pooling.TRANSACTION
    finally:
        if not connection.closed:
            connection.execute("rollback")


def _by_places(
    connection: psycopg.Connection[TupleRow], other: psycopg.Connection[TupleRow]
) -> Pooling:
    connection.execute("begin read only")
    before = _pid(connection)
    other.execute("begin read only")
    _pid(other)
    connection.execute("rollback")
    other.execute("rollback")
    connection.execute("begin read only")
    stays = _pid(connection) == before
    return Pooling.SESSION if stays else Pooling.TRANSACTION


def _pid(connection: psycopg.Connection[TupleRow]) -> int:
    row = connection.execute(_PID).fetchone()
    return int(row[0]) if row else 0
