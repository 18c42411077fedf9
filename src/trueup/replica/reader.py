"""The facade an invariant gets: questions about rows, and nothing else of the connection."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow, tuple_row

from trueup.errors import GuardError
from trueup.model.invariant import Row
from trueup.replica.statement import Statement, statement
from trueup.replica.trouble import query_error

CHUNK = 1000
"""Rows that travel together; memory does not grow with the answer."""

PRINTABLE_TYPES = frozenset(
    {16, 20, 21, 23, 26, 700, 701, 790, 1082, 1083, 1114, 1184, 1186, 1266, 1700, 2205, 2950, 3220}
)
"""Type oids of booleans, numbers, ids, times and regclass: what a report may print unasked."""

_ENUMS = "select oid from pg_catalog.pg_type where typtype = 'e' and oid = any(%s)"

_COLUMN = """
    select exists (
        select from pg_catalog.pg_attribute
        where attrelid = pg_catalog.to_regclass(%s) and attname = %s and not attisdropped
    )
"""

_HIDES = "select pg_catalog.row_security_active(pg_catalog.to_regclass(%s))"


@dataclass(frozen=True, slots=True)
class Fetched:
    """Rows up to a cap; `complete` is False where more were left, `printable` goes by type."""

    rows: list[Row]
    complete: bool
    printable: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reads:
    """What the planner says of a query: its cost, and the tables that it reads."""

    cost: float
    tables: frozenset[str]


class Rows:
    """The answer to one question, asked when somebody looks: iterate it, or fetch to a cap."""

    def __init__(self, reader: "Reader", asked: Statement, params: Mapping[str, object]) -> None:
        missing = asked.names - params.keys()
        if missing:
            raise TypeError(f"the SQL names :{min(missing)}, which was not given")
        self.sql = asked.sql
        self._asked = asked
        self._reader = reader
        self._params = params

    def __iter__(self) -> Iterator[Row]:
        return iter(self.fetch(None).rows)

    def fetch(self, cap: int | None) -> Fetched:
        """Read up to `cap` rows, all for None; raises QueryError where the server refuses."""
        return self._reader._fetch(self._asked.sent, self._params, cap)

    def reads(self) -> Reads:
        """Ask the planner what the query would cost and which tables it would read."""
        text = "explain (format json, verbose) " + self._asked.sent
        [[plan]] = self._reader._values(text, self._params)
        tables = frozenset(_tables(plan[0]["Plan"]))
        return Reads(cost=float(plan[0]["Plan"]["Total Cost"]), tables=tables)


class Reader:
    """Questions over one connection that somebody else guards, commits and closes."""

    def __init__(self, connection: psycopg.Connection[TupleRow]) -> None:
        self._connection = connection
        self._enums: dict[int, bool] = {}
        self.asked: list[str] = []

    def rows(self, sql: str, **params: object) -> Rows:
        """
        Ask for rows; `:name` in the SQL takes the parameter of that name.

        Nothing is asked until the rows are looked at. Raises StatementError where the SQL is not
        one plain SELECT.
        """
        asked = statement(sql)
        self.asked.append(sql)
        return Rows(self, asked, params)

    def count(self, relation: str) -> int:
        """How many rows a table has, or a SELECT in parentheses lists."""
        if relation.startswith("("):
            text = f"select count(*) from ({statement(relation[1:-1]).sent}) as judged"  # noqa: S608  # checked to be one SELECT
            return int(self._values(text, {})[0][0])
        query = sql.SQL("select count(*) from {}").format(identifier(relation))
        return int(self._values(query)[0][0])

    def hides(self, relation: str) -> bool:
        """Whether row-level security would hide rows of a table from this session's role."""
        if relation.startswith("("):
            return False
        return bool(self._values(_HIDES, [quoted(relation)])[0][0])

    def has_column(self, dotted: str) -> bool:
        """Whether `"table.column"` or `"schema.table.column"` exists; names as stored, unquoted."""
        table, _, column = dotted.rpartition(".")
        return bool(self._values(_COLUMN, [quoted(table), column])[0][0])

    def _values(self, query: str | sql.Composed, params: Any = None) -> list[TupleRow]:
        try:
            with self._connection.cursor(row_factory=tuple_row) as cursor:
                cursor.execute(query, params, prepare=True)
                self._unmoved(cursor.statusmessage)
                return cursor.fetchall()
        except psycopg.Error as error:
            raise query_error(error) from None

    def _fetch(self, query: str, params: Mapping[str, object], cap: int | None) -> Fetched:
        rows: list[Row] = []
        complete = True
        try:
            with self._connection.cursor(row_factory=tuple_row) as cursor:
                columns: list[str] = []
                for values in cursor.stream(query, params, size=CHUNK):
                    columns = columns or _columns(cursor)
                    if cap is not None and len(rows) == cap:
                        complete = False
                        break
                    rows.append(dict(zip(columns, values, strict=True)))
                described = list(cursor.description or ())
                if complete:
                    self._unmoved()
        except psycopg.ProgrammingError as error:
            if error.sqlstate is None:  # the driver's own: the statement gave no rows at all
                self._refuse("gave no rows")
            raise query_error(error) from None
        except psycopg.Error as error:
            raise query_error(error) from None
        types = {column.name: column.type_code for column in described} if rows else {}
        return Fetched(rows, complete, self._printable(types) if complete else _plain(types))

    def _printable(self, types: Mapping[str, int]) -> frozenset[str]:
        unknown = [
            oid for oid in types.values() if oid not in PRINTABLE_TYPES and oid not in self._enums
        ]
        if unknown:
            enums = {row[0] for row in self._values(_ENUMS, [unknown])}
            self._enums |= {oid: oid in enums for oid in unknown}
        enums = {name for name, oid in types.items() if self._enums.get(oid, False)}
        return _plain(types) | enums

    def _unmoved(self, tag: str | None = "SELECT") -> None:
        if self._connection.info.transaction_status is not TransactionStatus.INTRANS:
            self._refuse("left its transaction")
        if not (tag or "").startswith(ASKING_TAGS):
            self._refuse(f"was no question, but {tag!r}")

    def _refuse(self, words: str) -> NoReturn:
        self._connection.close()
        raise GuardError(f"a statement {words}; the connection was closed")


ASKING_TAGS = ("SELECT", "EXPLAIN")
"""Command tags of statements that only ask."""


def identifier(dotted: str) -> sql.Identifier:
    """A table's name as SQL: the parts are names as stored, so `User` keeps its capital."""
    return sql.Identifier(*dotted.split("."))


def quoted(dotted: str) -> str:
    """The same as text, for to_regclass."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in dotted.split("."))


def _columns(cursor: psycopg.Cursor[TupleRow]) -> list[str]:
    return [column.name for column in cursor.description or ()]


def _plain(types: Mapping[str, int]) -> frozenset[str]:
    return frozenset(name for name, oid in types.items() if oid in PRINTABLE_TYPES)


def _tables(node: Mapping[str, Any]) -> Iterator[str]:
    if "Relation Name" in node:
        yield f"{node['Schema']}.{node['Relation Name']}"
    children: Sequence[Mapping[str, Any]] = node.get("Plans", ())
    for child in children:
        yield from _tables(child)
