"""What the primary refused, in words that name the schema and never a value."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from trueup.errors import ApplyError, TrueupError
from trueup.replica.trouble import names_the_schema

_WORDS = {
    "0A000": "the server cannot do that, as where a rule does something else instead",
    "22": "a value does not fit its column",
    "23502": "a column that must have a value would have none",
    "23503": "a foreign key would be broken",
    "23001": "a foreign key would be broken",
    "23505": "a value that must be unique would be there twice",
    "23514": "a check constraint would be broken",
    "23P01": "an exclusion constraint would be broken",
    "25006": "the session may not write",
    "25P03": "the session sat idle in its transaction for too long and was ended",
    "40001": "a row was changed by somebody else at the same moment",
    "40P01": "the server ended a deadlock with somebody else's transaction",
    "428C9": "a generated column cannot be written",
    "42501": "permission denied",
    "55P03": "a lock was not to be had within lock_timeout",
    "57014": "a statement took longer than statement_timeout",
    "P0001": "a function refused it",
}

_AGAIN = "run it again"

_REMEDIES = {
    "40001": _AGAIN,
    "40P01": _AGAIN,
    "55P03": "run it again when the other transaction is done",
    "57014": "raise statement_timeout for this environment in trueup.toml",
    "42501": "grant the fixer's role what it needs",
}

_FUNCTION = re.compile(r"PL/pgSQL function ([\w.\"]+)\(")


@contextmanager
def refused(doing: str, error: type[TrueupError] = ApplyError) -> Iterator[None]:
    """Turn what the driver raises inside the block into our error, without the server's values."""
    try:
        yield
    except psycopg.Error as raised:
        raise error(f"could not {doing}: {words(raised)}") from None


def words(error: psycopg.Error) -> str:
    """Say what happened: the class of error, and the names of what it happened to."""
    state = error.sqlstate
    if state is None and not isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return f"the driver refused it ({type(error).__name__})"
    if state is None:
        return "the connection was lost; `trueup journal show` tells whether anything was committed"
    said = _WORDS.get(state) or _WORDS.get(state[:2]) or "the server refused"
    if names_the_schema(error):
        said = error.diag.message_primary or said
    remedy = f"; {_REMEDIES[state]}" if state in _REMEDIES else ""
    return f"{said}{_where(error)} ({state}){remedy}"


def _where(error: psycopg.Error) -> str:
    diag = error.diag
    parts = (
        ("constraint", diag.constraint_name),
        ("column", diag.column_name),
        ("of", f"{diag.schema_name}.{diag.table_name}" if diag.table_name else None),
    )
    named = [f"{label} {name}" for label, name in parts if name]
    found = _FUNCTION.search(diag.context or "")
    if found:
        named.append(f"in function {found.group(1)}")
    return f": {', '.join(named)}" if named else ""
