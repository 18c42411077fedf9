"""Opening a connection: which server answers, and what to say when none does."""

import logging
from collections.abc import Callable

# From its modules, since the package may be half loaded: see `driver`.
from psycopg.connection import Connection
from psycopg.errors import Error
from psycopg.rows import TupleRow

from trueup.errors import ConnectError
from trueup.replica.dsn import Dsn

CONNECT_TIMEOUT = 20
"""Seconds; a serverless replica may need fifteen of them to wake up."""

# A connection that is lost is told as a verdict; the driver's own warning would come beside it.
logging.getLogger("psycopg").addHandler(logging.NullHandler())


def connect(dsn: Dsn, *, standby: bool, application: str) -> Connection[TupleRow]:
    """
    Connect in autocommit; with `standby` a server that is not in recovery is refused.

    Raises ConnectError without the driver's words, which may repeat parts of the URL.
    """
    wanted: dict[str, str] = {"target_session_attrs": "standby"} if standby else {}
    try:
        return Connection.connect(
            dsn.url,
            autocommit=True,
            connect_timeout=CONNECT_TIMEOUT,
            prepare_threshold=None,  # a named statement would stay behind in a pooler
            application_name=application,
            client_encoding="utf8",  # of a database in SQL_ASCII the driver takes texts for bytes
            **wanted,  # type: ignore[arg-type]  # libpq takes it; psycopg types only its own
        )
    except Error as error:
        raise _refusal(dsn, error) from None


def _refusal(dsn: Dsn, error: Error) -> ConnectError:
    said = str(error).lower()
    for told, transient, words in _REFUSALS:
        if told(said):
            return ConnectError(f"{dsn.source}: {words}", transient=transient)
    return ConnectError(f"{dsn.source}: the database did not accept a connection", transient=False)


def _says(*parts: str) -> Callable[[str], bool]:
    return lambda said: any(part in said for part in parts)


_REFUSALS: tuple[tuple[Callable[[str], bool], bool, str], ...] = (
    (
        _says("not in hot standby mode"),
        False,
        (
            "the server is a primary, not a standby; give the replica's URL, or set"
            " primary_allowed = true for an environment that has no replica"
        ),
    ),
    (
        _says("password authentication failed", "no password supplied"),
        False,
        "user or password was not accepted; copy the URL again from your provider",
    ),
    (
        _says("too many", "remaining connection slots", "no more connections"),
        False,
        "the server has no connection left; end idle sessions, or raise the role's limit",
    ),
    (
        _says("unsupported startup parameter"),
        False,
        "the pooler refuses a start-up option; leave options=… out of the URL",
    ),
    (
        _says("does not exist"),
        False,
        "the database or the role does not exist; look at the URL's end",
    ),
    (
        _says("certificate", "ssl", "tls"),
        False,
        "TLS was not agreed; see sslmode and sslrootcert in the URL",
    ),
    (
        _says("starting up", "shutting down", "recovery state", "not yet accepting"),
        True,
        "the server does not accept connections yet",
    ),
    (
        _says("refused", "unreachable", "no route"),
        True,
        (
            "nobody answers at that host and port; is the server up, and is this network allowed"
            " in? (runners without IPv6 need the session pooler on port 5432)"
        ),
    ),
    (
        _says("could not translate", "name or service", "resolve", "getaddrinfo", "nodename"),
        True,
        "the host name is not known; look for a typing error",
    ),
    (_says("timeout", "timed out"), True, f"no answer within {CONNECT_TIMEOUT} s"),
    (
        _says("closed the connection", "reset by peer", "connection is lost", "broken pipe"),
        True,
        "the connection was cut before it was open",
    ),
)
"""
How a refusal is told from its words, whether another try may help, and what to say.

libpq gives no SQLSTATE for a connection that was not made.
"""
