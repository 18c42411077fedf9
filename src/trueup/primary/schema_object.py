"""What an alteration is about: a table, or what hangs on one, as the catalog has it now."""

from msgspec import Struct
from psycopg import sql

from trueup.model.change import Alteration
from trueup.primary.alterations import WAYS, Way
from trueup.primary.applied import Reason
from trueup.primary.session import Connection
from trueup.replica.quoting import quoted

_TABLE = """
    select c.oid::bigint, n.nspname, c.relname, greatest(c.reltuples, 0)::bigint,
           pg_size_pretty(pg_table_size(c.oid))
    from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
    where c.oid = to_regclass(%s) and c.relkind in ('r', 'p')
"""


class SchemaObject(Struct, frozen=True, kw_only=True):
    """
    A table, or what hangs on it by `name`; `definition` is None where that is not there.

    `is_on` says that it is on, there or valid; `rows` is the server's estimate.
    """

    oid: int
    schema: str
    table: str
    name: str
    rows: int
    size: str
    definition: str | None
    is_on: bool

    @property
    def label(self) -> str:
        """The table with its schema, as plans and journal have it."""
        return f"{self.schema}.{self.table}"

    @property
    def identifier(self) -> sql.Identifier:
        """The table as SQL."""
        return sql.Identifier(self.schema, self.table)


def find(connection: Connection, kind: Alteration, table: str, name: str) -> SchemaObject | None:
    """The object that an alteration is about, its names as stored; None without its table."""
    row = connection.execute(_TABLE, [quoted(table)]).fetchone()
    if row is None:
        return None
    oid, schema, relation, rows, size = row
    said = connection.execute(WAYS[kind].found.encode(), {"table": oid, "name": name}).fetchone()
    definition, is_on = said or (None, False)
    return SchemaObject(
        oid=oid,
        schema=schema,
        table=relation,
        name=name,
        rows=rows,
        size=size,
        definition=definition,
        is_on=is_on,
    )


def compared(way: Way, now: SchemaObject, definition: str | None) -> Reason | None:
    """Why an object that was defined like that is left alone now; None where it is as it was."""
    if now.is_on is way.wanted:
        return Reason.ALREADY
    if now.definition == definition:
        return None
    return Reason.GONE if now.definition is None else Reason.MOVED
