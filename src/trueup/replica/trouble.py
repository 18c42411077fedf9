"""What went wrong with a statement or a connection, in words that carry nothing of a row."""

import psycopg

from trueup.errors import QueryError

_SCHEMA_CLASS = "42"
"""Class 42 speaks of names in the SQL and the schema, never of values; its words may be shown."""

_HIDDEN = "row-level security"

WORDS = {
    "25006": "the statement tried to write in a read-only transaction",
    "25P03": "the session sat idle in its transaction for too long and was ended",
    "25P04": "the transaction took longer than transaction_timeout",
    "40001": "the query was cancelled by a conflict with recovery on the standby",
    "42501": "permission denied",
    "53300": "the server has no connection left",
    "55P03": "a lock was not to be had within lock_timeout",
    "57014": "the query took longer than statement_timeout",
    "57P01": "the server ended the session",
    "57P02": "the server crashed and ended the session",
    "57P03": "the server does not accept connections yet",
}

REMEDIES = {
    "25P03": "raise idle_timeout for this environment in trueup.toml",
    "40001": "run again; where it repeats, raise max_standby_streaming_delay on the replica",
    "42501": "grant the reader SELECT on it; `trueup doctor` prints the lines",
    "42703": "the schema differs: mend the SQL, or name the column in needs=…",
    "42P01": "the schema differs: mend the SQL, or name a column of it in needs=…",
    "53300": "end idle sessions, or lower `connections` for this environment",
    "55P03": "run again when the migration that holds the lock is done",
    "57014": "add the index that its plan misses, or raise statement_timeout in trueup.toml",
}


def query_error(error: psycopg.Error) -> QueryError:
    """The driver's error without the server's own words, except where they only name the schema."""
    state = error.sqlstate or getattr(error.diag, "sqlstate", None)
    if state is None:
        return QueryError("the connection was lost while the query ran")
    message = error.diag.message_primary or ""
    if state == "42501" and _HIDDEN in message:
        return QueryError("row-level security hides rows from the reader", state)
    if state.startswith(_SCHEMA_CLASS) and message:
        return QueryError(f"{message} ({state})", state)
    return QueryError(f"{WORDS.get(state, 'the server refused the query')} ({state})", state)


def remedy(error: QueryError) -> str:
    """What to do now about such an error; empty where nothing general can be said."""
    if "row-level security" in str(error):
        return "give the reader BYPASSRLS; `trueup doctor` prints the lines"
    return REMEDIES.get(error.sqlstate or "", "")
