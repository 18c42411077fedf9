"""Rows as text: what a plan remembers, what a journal keeps, and how the two are compared."""

from collections.abc import Iterable, Sequence

from psycopg import sql

from trueup.model.plan import Image
from trueup.primary.names import named
from trueup.primary.session import Connection
from trueup.primary.tables import Table
from trueup.replica.quoting import array

BATCH = 1000
"""Keys that are asked for together."""

Values = tuple[str | None, ...]
"""The texts of some columns, in their order."""

UNLOCKED = sql.SQL("")
LOCKED = sql.SQL(" for update of t")
LOCKED_IF_FREE = sql.SQL(" for update of t skip locked")


def read(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    keys: Sequence[Values],
    lock: sql.SQL = UNLOCKED,
) -> list[Image | None]:
    """
    The whole row for each key, None where there is none, in the order of the keys.

    Rows are read, and locked, in the order of the key itself, whatever order was asked for.
    """
    found: list[Image | None] = []
    for start in range(0, len(keys), BATCH):
        found += _read(connection, table, columns, keys[start : start + BATCH], lock)
    return found


def _read(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    keys: Sequence[Values],
    lock: sql.SQL,
) -> list[Image | None]:
    asked = sql.SQL(
        "select w.n, {row} from {given} join {table} t on {matched} order by {order}{lock}"
    ).format(
        row=row(table),
        given=given(len(columns)),
        table=table.identifier,
        matched=matched(table, columns),
        order=sql.SQL(", ").join(named("t", name) for name in columns),
        lock=lock,
    )
    rows = connection.execute(asked, turned(keys, len(columns))).fetchall()
    images = {n: image(table, values) for n, *values in rows}
    return [images.get(n) for n in range(1, len(keys) + 1)]


def row(table: Table, alias: str = "t") -> sql.Composed:
    """A select list with the text of every column, generated ones too."""
    return text_of(table.columns, alias)


def text_of(columns: Iterable[str], alias: str) -> sql.Composed:
    """A select list with the text of some columns."""
    texts = (sql.SQL("{}::text").format(named(alias, name)) for name in columns)
    return sql.SQL(", ").join(texts)


def image(table: Table, values: Sequence[str | None]) -> Image:
    """The row that such a select list brought."""
    return dict(zip(table.columns, values, strict=True))


def key_of(table: Table, whole: Image) -> Image:
    """The part of a row that names it; empty for a table without a key."""
    return {name: whole[name] for name in table.key}


def given(columns: int, alias: str = "w") -> sql.Composed:
    """A relation of parameters: text columns v0, v1, … and the place n, from 1."""
    names = sql.SQL(", ").join(sql.Identifier(f"v{place}") for place in range(columns))
    arrays = sql.SQL(", ").join([sql.SQL("%s::text[]")] * columns)
    return sql.SQL("unnest({}) with ordinality as {}({}, n)").format(
        arrays, sql.Identifier(alias), names
    )


def turned(keys: Sequence[Values], columns: int) -> list[str]:
    """Rows of texts as one array for each column."""
    return [array(key[place] for key in keys) for place in range(columns)]


def matched(table: Table, columns: Sequence[str], first: int = 0) -> sql.Composed:
    """`t.id = w.v0::uuid and …`: cast to the column's type, so that its index is used."""
    return sql.SQL(" and ").join(
        sql.SQL("{} = {}").format(named("t", name), cast(table, name, first + place))
        for place, name in enumerate(columns)
    )


def cast(table: Table, column: str, place: int) -> sql.Composed:
    """`w.v0::uuid`: without the column's length, so that what is too long is refused, not cut."""
    kind = table.columns[column].kind
    return sql.SQL("{}::{}").format(sql.Identifier("w", f"v{place}"), kind)
