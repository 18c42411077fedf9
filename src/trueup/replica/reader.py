"""The facade an invariant gets: questions about rows, and nothing else of the connection."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Any, NoReturn, TypeVar

import psycopg
from msgspec import Struct
from msgspec.structs import replace
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow, tuple_row
from psycopg.types.string import TextLoader

from trueup.errors import GuardError, QueryError, StatementError
from trueup.model.invariant import Row
from trueup.model.violation import Key
from trueup.replica.later import Later
from trueup.replica.limits import Limits
from trueup.replica.permitted import Permitted, permitted
from trueup.replica.planner import Node, explaining, plan_of, tables
from trueup.replica.printable import enums, may_be_enums, printable
from trueup.replica.quoting import array, quoted
from trueup.replica.rule import Rule
from trueup.replica.rule import rule as declared
from trueup.replica.sent import Sent
from trueup.replica.statement import Statement, statement
from trueup.replica.taken import Taken, names_of
from trueup.replica.trouble import UNREADABLE, WORDS, query_error
from trueup.replica.watchdog import answered_within

Known = TypeVar("Known")

CHUNK = 1000
"""Rows that travel together; memory does not grow with the answer."""

_COLUMN = """
    select exists (
        select from pg_catalog.pg_attribute
        where attrelid = pg_catalog.to_regclass(%s) and attname = %s and not attisdropped
    )
"""

_HIDES = "select pg_catalog.row_security_active(pg_catalog.to_regclass(%s))"


PATIENCE = Limits().statement
"""Seconds for a question on a connection that sets no other limit."""


class Fetched(Struct, frozen=True):
    """
    Rows up to a cap; `complete` is False where more were left, `printable` goes by type.

    `columns` are there where the server has said them, which it may without a row.
    """

    rows: list[Row]
    complete: bool
    printable: frozenset[str]
    columns: Sequence[str] = ()


class Reads(Struct, frozen=True):
    """What the planner says of a query: its cost, and the tables that it reads."""

    cost: float
    tables: frozenset[str]


class Rows:
    """
    The answer to one question, asked when somebody looks: iterate it, or fetch to a cap.

    `rule` is there where the question is a condition on the rows of a table, each by itself.
    """

    def __init__(
        self,
        reader: "Reader",
        asked: Statement,
        params: Mapping[str, object],
        rule: Rule | None = None,
    ) -> None:
        missing = asked.names - params.keys()
        if missing:
            raise StatementError(f"the SQL names :{min(missing)}, which was not given")
        self.asked = asked
        self.params = params
        self.rule = rule
        self._reader = reader

    def __iter__(self) -> Iterator[Row]:
        return iter(self.fetch(None).rows)

    def __bool__(self) -> bool:
        """Whether there is any row, as of a list."""
        return bool(self.fetch(1).rows)

    def fetch(self, cap: int | None) -> Fetched:
        """Read up to `cap` rows, all for None; raises QueryError where the server refuses."""
        return self._reader._fetch(self.asked, self.params, cap)

    def keyed(self, columns: Sequence[str], keys: Sequence[Key] | None = None) -> "Rows":
        """
        The same question, answered with the key alone; `keys` narrows it to rows with those.

        Keys are texts and compared as their columns' types, so that an index serves. Without
        `columns` the key is the first column, whatever its name, and is called `key`.
        """
        sent = by_key(self.asked.sent, columns)
        names = _key(columns)
        given: dict[str, object] = {}
        if keys is not None:
            given = {f"trueup_{n}": array(key[n] for key in keys) for n in range(len(names))}
            sent += f" where {_is_among(names, list(given))}"
        asked = replace(self.asked, sent=sent, names=self.asked.names | given.keys())
        return Rows(self._reader, asked, {**self.params, **given})

    def values(self) -> Iterator[TupleRow]:
        """
        All rows, as they come, without their columns' names; a uuid as the text that it is.

        To make an object of each, only to have its text, would take longer than all else.
        """
        return self._reader._stream(self.asked, self.params)

    def reads(self) -> Reads:
        """Ask the planner what the query would cost and which tables it would read."""
        self._reader._refuse_calls(self.asked)
        plan = self._reader._plan(self.asked, self.params)
        return Reads(cost=float(plan["Total Cost"]), tables=frozenset(tables(plan)))


class Reader:
    """
    Questions over one connection that somebody else guards, commits and closes.

    They are streamed: that is the extended protocol, which takes a single statement, with an
    unnamed one, which leaves nothing in a pooler; and the driver refuses what gives no rows.
    What a question is `permitted`, and which types are `enums`, is asked for where nobody has.
    `snapshot` is what pg_current_snapshot() says in its transaction, where that was asked. `sent`
    has the statements that read rows, and `seconds` is how long answers were waited for. `also` was
    answered with the transaction's begin; `proof` with the last question, if it was.
    """

    def __init__(
        self,
        connection: psycopg.Connection[TupleRow],
        permitted: Permitted | None = None,
        *,
        enums: frozenset[int] | None = None,
        patience: float = PATIENCE,
        snapshot: str = "",
        also: Sequence[Taken] = (),
    ) -> None:
        self._connection = connection
        self._permitted = permitted
        self._enums = enums
        self._patience = patience
        self._calls: frozenset[str] = frozenset()
        self.snapshot = snapshot
        self.asked: list[str] = []
        self.sent: list[tuple[str, Any]] = []
        self.seconds = 0.0
        self.also = also
        self.proof: TupleRow | None = None

    def allow(self, calls: Collection[str]) -> None:
        """Let the SQL from now on call these volatile functions, which an invariant names."""
        self._calls = frozenset(calls)

    def rows(self, sql: str, **params: object) -> Rows:
        """
        Ask for rows; `:name` in the SQL takes the parameter of that name.

        Nothing is asked until the rows are looked at. Raises StatementError where the SQL is not
        one plain SELECT.
        """
        asked = statement(sql)
        self.asked.append(sql)
        return Rows(self, asked, params)

    def where(
        self,
        table: str,
        rule: str,
        *,
        columns: Sequence[str],
        parent: tuple[str, str] | None = None,
        **params: object,
    ) -> Rows:
        """
        Ask for the rows of one table that a rule over its own columns picks, named as stored.

        `columns` are SQL, the first of them orders the rows. With `parent`, a column and the one
        that it names, as in `("course_id", "courses.id")`, a row is `child` and the one that it
        names `parent`, all null where there is none. All rules on a table, or on a table with the
        same parent, are judged in one pass, so a rule judges a row by itself. Raises
        StatementError where it looks further.
        """
        asked, judged = declared(table, rule, columns, parent)
        self.asked.append(asked.sql)
        return Rows(self, asked, params, judged)

    def count(self, relation: str) -> int:
        """How many rows a table has, or a SELECT in parentheses lists."""
        counting = self._counting(relation)
        self.sent.append((counting, {}))
        return int(self._values(counting, {})[0][0])

    def hides(self, relation: str) -> bool:
        """Whether row-level security would hide rows of a table from this session's role."""
        if relation.startswith("("):
            return False
        return bool(self._values(_HIDES, [quoted(relation)])[0][0])

    def has_column(self, dotted: str) -> bool:
        """Whether `"table.column"` or `"schema.table.column"` exists; names as stored, unquoted."""
        return bool(self._values(*having(dotted))[0][0])

    def _counting(self, relation: str) -> str:
        is_table = not relation.startswith("(")
        judged = statement(f"table {quoted(relation)}" if is_table else relation[1:-1])
        self._refuse_calls(judged)  # what is named like a table may be a view
        return f"select count(*) from ({judged.sent}\n) as judged"  # noqa: S608  # checked to be one SELECT

    def _values(self, query: str, params: Any = None) -> list[TupleRow]:
        with self._asking() as cursor:
            found = list(cursor.stream(query, params, size=CHUNK))
            self._unmoved()
        return found

    def _fetch(self, asked: Statement, params: Mapping[str, object], cap: int | None) -> Fetched:
        self._refuse_calls(asked)
        self._refuse_by_plan(asked, params)
        return self._read(asked.sent, params, cap)

    def _read(self, text: str, params: Any, cap: int | None) -> Fetched:
        self.sent.append((text, params))
        rows: list[Row] = []
        described: Sequence[psycopg.Column] = ()
        names: list[str] = []
        complete = True
        with self._asking() as cursor:
            for values in cursor.stream(text, params, size=CHUNK):
                if not rows:
                    described = cursor.description or ()
                    names = names_of(described)
                if cap is not None and len(rows) == cap:
                    complete = False
                    break
                rows.append(dict(zip(names, values, strict=True)))
            if complete:
                self._unmoved()
        types = {column.name: column.type_code for column in described}
        return Fetched(rows, complete, self._printable(types, may_ask=complete))

    def _stream(self, asked: Statement, params: Mapping[str, object]) -> Iterator[TupleRow]:
        self._refuse_calls(asked)
        self._refuse_by_plan(asked, params)
        with self._asking() as cursor:
            cursor.adapters.register_loader("uuid", TextLoader)
            yield from cursor.stream(asked.sent, params, size=CHUNK)
            self._unmoved()

    @contextmanager
    def _asking(self) -> Iterator[psycopg.Cursor[TupleRow]]:
        self.proof = None
        started = perf_counter()
        try:
            with (
                answered_within(self._connection, self._patience),
                self._connection.cursor(row_factory=tuple_row) as cursor,
            ):
                yield cursor
        except psycopg.ProgrammingError as error:
            if error.sqlstate is None:  # the driver's own: the statement gave no rows at all
                self._refuse("gave no rows")
            raise query_error(error) from None
        except psycopg.Error as error:
            raise query_error(error) from None
        except UnicodeDecodeError:
            raise QueryError(f"{WORDS[UNREADABLE]} ({UNREADABLE})", UNREADABLE) from None
        finally:
            self.seconds += perf_counter() - started

    def _may(self) -> Permitted:
        """What is permitted; a session knows it from its start."""
        if self._permitted is None:
            self._permitted = self._looked_up(permitted)
        return self._permitted

    def _refuse_calls(self, asked: Statement) -> None:
        self._may().refuse_calls(asked, self._calls)

    def _refuse_by_plan(self, asked: Statement, params: Mapping[str, object]) -> None:
        if self._may().must_be_planned(asked):
            self._may().refuse_plan(asked, self._plan(asked, params))

    def _plan(self, asked: Statement, params: Mapping[str, object]) -> Node:
        return plan_of(self._values(*explaining(asked.sent, params)))

    def _printable(self, types: Mapping[str, int], *, may_ask: bool = True) -> frozenset[str]:
        """Those columns; while rows are still on their way nothing can be asked."""
        if self._enums is None and may_ask and may_be_enums(types.values()):
            self._enums = self._looked_up(enums)
        return printable(types, self._enums or ())

    def _looked_up(self, ask: Callable[[psycopg.Connection[TupleRow]], Later[Known]]) -> Known:
        try:
            return ask(self._connection)()
        except psycopg.Error as error:
            raise query_error(error) from None

    def _unmoved(self) -> None:
        if self._connection.info.transaction_status is not TransactionStatus.INTRANS:
            self._refuse("left its transaction")

    def _refuse(self, words: str) -> NoReturn:
        self._connection.close()
        raise GuardError(f"a statement {words}; the connection was closed")


def by_key(sent: str, columns: Sequence[str]) -> str:
    """The columns that name a row, alone; the server refuses one that is not in the answer."""
    label = "asked" if columns else "asked(key)"
    return f"select {', '.join(_key(columns))} from ({sent}\n) as {label}"  # noqa: S608  # checked to be one SELECT


def _key(columns: Sequence[str]) -> list[str]:
    return [quoted(f"asked.{name}").replace("%", "%%") for name in columns or ("key",)]


def _is_among(names: Sequence[str], given: Sequence[str]) -> str:
    """A key of one column is compared as its type; of several as text, which no index serves."""
    if len(names) == 1:
        return f"{names[0]} = any(%({given[0]})s)"
    texts = ", ".join(f"{name}::text" for name in names)
    arrays = ", ".join(f"%({name})s::text[]" for name in given)
    return f"({texts}) in (select * from unnest({arrays}))"  # noqa: S608  # quoted by psycopg


def having(dotted: str) -> Sent:
    """The statement that says whether there is a column."""
    table, _, column = dotted.rpartition(".")
    return _COLUMN, [quoted(table), column]
