"""What went wrong with a statement or a connection, in words that carry nothing of a row."""

import re

import psycopg

from trueup.errors import ConnectError, CostError, QueryError, TrueupError

_SCHEMA_CLASS = "42"
"""
Class 42 speaks of names; where the server says at which place of the SQL, they stand in the SQL.

Without a place a name may be a value: `note::regclass` names in it what a row says.
"""

_NAMELESS = frozenset(
    {
        *("42501", "42611", "42710", "42804", "428C9", "42P06", "42P07"),
        *("42P10", "42P16", "42P17", "42P18", "42P22"),
    }
)
"""Those of that class that speak of the schema's own names, or of none, wherever they come up."""

_MADE = re.compile(r"\bRAISE\b|\bPL/(?!pgSQL\b)")
"""How the context tells of words that a function chose; the server translates all but these."""

_FIXED = frozenset({"cannot insert multiple commands into a prepared statement"})
"""Words of that class that are always the same."""

_OBJECT = "large object"
"""What 42501 names by a number that may be a row's."""

_HIDDEN = "row-level security"

UNREADABLE = "22021"
"""Of a text; the server says so where it converts one, and we where it does not."""

TOO_OLD = "72000"
"""Of a snapshot; the server itself says so no more since PostgreSQL 17."""

_TRANSIENT = frozenset({"40001", "57P01", "57P02", "57P03", TOO_OLD})
"""
Worth another try on a new connection, beside class 08.

40001 is a conflict with recovery: on a primary a read-only transaction never meets it. A timeout
(57014) is not here: the query would only time out again.
"""

WORDS = {
    "0A000": "the server does not do that, or a standby does not",
    UNREADABLE: "a text has bytes that are no character",
    "25006": "the statement tried to write in a read-only transaction",
    "25P03": "the session sat idle in its transaction for too long and was ended",
    "25P04": "the transaction took longer than transaction_timeout",
    "40001": "the query was cancelled by a conflict with recovery on the standby",
    "42501": "permission denied",
    "53200": "the server ran out of memory",
    "53300": "the server has no connection left",
    "55000": "what is read is in no state to be read",
    "55P03": "a lock was not to be had within lock_timeout",
    "57014": "the query took longer than statement_timeout",
    "57P01": "the server ended the session",
    "57P02": "the server crashed and ended the session",
    "57P03": "the server does not accept connections yet",
    TOO_OLD: "what was read was truncated, or written anew, after the snapshot was taken",
}

LOST = "the connection was lost while the query ran"

REMEDIES = {
    None: "run again; where it repeats, look at the network and at the server's log",
    "0A000": "where it reads an unlogged table, make that logged: a standby has no row of it",
    UNREADABLE: "leave that column out: the database's encoding, as SQL_ASCII, takes any byte",
    "25006": "an invariant only asks: leave out what writes, or the function that does",
    "25P03": "raise idle_timeout for this environment in trueup.toml",
    "25P04": "raise statement_timeout in trueup.toml: a transaction may take four times as long",
    "40001": "run again; where it repeats, raise max_standby_streaming_delay on the replica",
    "42501": "grant the reader SELECT on it; `trueup doctor` prints the lines",
    "42703": "the schema differs: mend the SQL, or name the column in needs=…",
    "42P01": "the schema differs: mend the SQL, or name a column of it in needs=…",
    "53200": "run again when the server is less busy, or lower work_mem for the reader's role",
    "53300": "end idle sessions, or lower `connections` for this environment",
    "55000": "where it reads a materialized view, refresh that on the primary: it has never been",
    "55P03": "run again when the migration that holds the lock is done",
    "57014": "add the index that its plan misses, or raise statement_timeout in trueup.toml",
    "57P01": "run again when the server is up; `trueup doctor` looks at it",
    "57P02": "run again when the server is up; its log says why it crashed",
    "57P03": "run again when the server is up; `trueup doctor` looks at it",
    TOO_OLD: "run again when the migration that does it is done",
}


def query_error(error: psycopg.Error) -> QueryError:
    """The driver's error without the server's own words, except where they only name the schema."""
    state = error.sqlstate or getattr(error.diag, "sqlstate", None)
    if state is None and isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return QueryError(LOST, transient=True)
    if state is None:
        return QueryError(f"the driver refused the query ({type(error).__name__})", "")
    message = error.diag.message_primary or ""
    if state == "42501" and _HIDDEN in message:
        return QueryError("row-level security hides rows from the reader", state)
    if names_the_schema(error):
        return QueryError(f"{message} ({state})", state)
    transient = state in _TRANSIENT or state.startswith("08")
    words = WORDS.get(state, LOST if state.startswith("08") else "the server refused the query")
    return QueryError(f"{words} ({state})", state, transient=transient)


def names_the_schema(error: psycopg.Error) -> bool:
    """Whether the server's own words name nothing but what the SQL or the schema names."""
    state, message = error.diag.sqlstate or "", error.diag.message_primary or ""
    if message in _FIXED:
        return True
    if not state.startswith(_SCHEMA_CLASS) or _MADE.search(error.diag.context or ""):
        return False
    if state in _NAMELESS:
        return _OBJECT not in message
    return error.diag.statement_position is not None


def remedy(error: TrueupError) -> str:
    """What to do now about such an error; empty where its words say it, or nothing can be said."""
    if isinstance(error, ConnectError):
        return "`trueup doctor` looks at the connection"
    if isinstance(error, CostError):
        return "add the index that its plan misses, or raise max_cost in trueup.toml"
    if not isinstance(error, QueryError):
        return ""
    if "row-level security" in str(error):
        return "give the reader BYPASSRLS; `trueup doctor` prints the lines"
    return REMEDIES.get(error.sqlstate, "")
