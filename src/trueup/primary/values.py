"""Values that a fix's author wrote, as the text that PostgreSQL prints for them."""

import json
from collections.abc import Sequence

import psycopg
from psycopg import sql
from psycopg.abc import Buffer
from psycopg.adapt import PyFormat, Transformer
from psycopg.types.json import Json, Jsonb

from trueup.errors import PlanError
from trueup.primary.names import typed
from trueup.primary.session import Connection
from trueup.primary.tables import Column, Table


def texts(
    connection: Connection, table: Table, column: Column, values: Sequence[object]
) -> list[str | None]:
    """
    The text of each value, as the column would hold it.

    The driver writes it down, the server reads it as the column's type and prints it again, so
    that a time, a number or JSON looks as it will in the row. Raises PlanError that names the
    column, never the value, for what the type refuses.
    """
    written = [_written(connection, table, column, value) for value in values]
    kinds = {"type": column.kind, "full": typed(column.full)}
    uncut = sql.SQL("v::{type} is not distinct from (v::{type})::{full}").format(**kinds)
    asked = sql.SQL(
        "select ((v::{type})::{full})::text, {fits}"
        " from unnest(%s::text[]) with ordinality as given(v, n) order by n"
    ).format(fits=uncut if column.measured else sql.SQL("true"), **kinds)
    try:
        with connection.transaction():
            rows = connection.execute(asked, [written]).fetchall()
    except (psycopg.DataError, psycopg.IntegrityError):  # the latter is a domain's check
        raise PlanError(
            f"a value for {table.label}.{column.name} is no {column.full}; mend the fix"
        ) from None
    if not all(fits for _, fits in rows):
        raise PlanError(
            f"a value for {table.label}.{column.name} does not fit {column.full}; mend the fix"
        )
    return [held for held, _ in rows]


def equal(connection: Connection, column: Column, pairs: Sequence[tuple[str, str]]) -> list[bool]:
    """
    Whether two texts mean the same value: `{"a": 1}` and `{"a":1}`, 1.0 and 1.00.

    A type without equality has none but that of its text.
    """
    kind = sql.SQL("jsonb") if column.json else column.kind
    asked = sql.SQL(
        "select (a::{type} = b::{type}) from unnest(%s::text[], %s::text[]) with ordinality"
        " as given(a, b, n) order by n"
    ).format(type=kind)
    try:
        with connection.transaction():
            rows = connection.execute(asked, [[a for a, _ in pairs], [b for _, b in pairs]])
            return [bool(row[0]) for row in rows.fetchall()]
    except psycopg.errors.UndefinedFunction:
        return [a == b for a, b in pairs]


def _written(connection: Connection, table: Table, column: Column, value: object) -> str | None:
    if value is None:
        return None
    try:
        if column.json:
            plain = value.obj if isinstance(value, Json | Jsonb) else value
            dumped: Buffer | None = json.dumps(plain, ensure_ascii=False).encode()
        elif isinstance(value, str):
            dumped = value.encode()  # refuses half of a surrogate pair, which no server takes
        else:
            dumped = Transformer(connection).get_dumper(value, PyFormat.TEXT).dump(value)
    except (TypeError, ValueError, psycopg.Error):
        raise PlanError(
            f"a {type(value).__name__} for {table.label}.{column.name} cannot be written as"
            f" {column.full}; mend the fix"
        ) from None
    return None if dumped is None else bytes(dumped).decode()
