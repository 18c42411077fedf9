"""Changing rows: one statement for all that change the same columns of a table."""

from collections.abc import Sequence

from psycopg import sql

from trueup.errors import ApplyError
from trueup.model.plan import Image
from trueup.primary.images import Values, cast, given, image, matched, row, text_of, turned
from trueup.primary.names import named
from trueup.primary.session import Connection
from trueup.primary.tables import Table


def update(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Sequence[tuple[Values, Values]],
) -> list[tuple[bool, Image]]:
    """
    Set the columns of rows, each given as its key and its new values.

    Gives each row as set, and whether it still has its key: 1.0 and 1.00 are one.
    """
    first = len(table.key)
    sets = sql.SQL(", ").join(
        sql.SQL("{} = {}").format(named(name), cast(table, name, first + place))
        for place, name in enumerate(columns)
    )
    statement = sql.SQL(
        "update {table} as t set {sets} from {given} where {matched}"
        " returning w.n, {matched}, {row}"
    ).format(
        table=table.identifier,
        sets=sets,
        given=given(first + len(columns)),
        matched=matched(table, table.key),
        row=row(table),
    )
    merged = [key + values for key, values in rows]
    done = connection.execute(statement, turned(merged, first + len(columns))).fetchall()
    _all_of(table, len(done), len(rows))
    images = {n: (stays, image(table, values)) for n, stays, *values in done}
    return [images[n] for n in range(1, len(rows) + 1)]


def delete(connection: Connection, table: Table, keys: Sequence[Values]) -> None:
    """Remove rows by key."""
    statement = sql.SQL("delete from {table} as t using {given} where {matched}").format(
        table=table.identifier,
        given=given(len(table.key)),
        matched=matched(table, table.key),
    )
    done = connection.execute(statement, turned(keys, len(table.key)))
    _all_of(table, done.rowcount, len(keys))


def insert(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Sequence[Values],
    *,
    as_they_were: bool = False,
) -> list[tuple[Values, Image | None]]:
    """
    Add rows and give their keys, in the same order; of a table without a key each row as it is.

    `as_they_were` puts back rows with the values of their identity columns too.
    """
    statement = sql.SQL(
        "insert into {table} as t ({columns}) {overriding} select {values} from {given}"
        " order by w.n returning {key}"
    ).format(
        table=table.identifier,
        columns=sql.SQL(", ").join(named(name) for name in columns),
        overriding=sql.SQL("overriding system value" if as_they_were else ""),
        values=sql.SQL(", ").join(cast(table, name, n) for n, name in enumerate(columns)),
        given=given(len(columns)),
        key=text_of(table.key, "t") if table.key else row(table),
    )
    made = connection.execute(statement, turned(rows, len(columns))).fetchall()
    _all_of(table, len(made), len(rows))
    if table.key:
        return [(key, None) for key in made]
    return [((), image(table, values)) for values in made]


def _all_of(table: Table, done: int, wanted: int) -> None:
    """A trigger, or a rule, may keep a row from being changed without a word."""
    if done != wanted:
        raise ApplyError(
            f"{table.label}: {done} of {wanted} rows were changed; a trigger or a rule suppressed"
            " the rest, and everything was rolled back"
        )
