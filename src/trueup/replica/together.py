"""Several questions of the engine's in one go, through the transaction that a reader stands in."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter

import psycopg
from msgspec.structs import replace
from psycopg.rows import TupleRow, tuple_row

from trueup.replica.planner import explaining, plan_of
from trueup.replica.reader import CHUNK, Fetched, Reader, Rows
from trueup.replica.sent import Sent
from trueup.replica.taken import Taken, taken
from trueup.replica.transaction import PROOF, proven
from trueup.replica.trouble import query_error
from trueup.replica.watchdog import answered_within

LONGEST = 4
"""How many statements' time a whole transaction has, as transaction_timeout says."""

_PAGES_ARE_CHEAP = """
    select pg_catalog.set_config(
        'random_page_cost', least(2, pg_catalog.current_setting('random_page_cost')::float8)::text,
        true)
"""
"""
A page of an index that is read from end to end costs two, not the four of a page read at random.

Two indexes merged took a fifth of the time of a hash table of three million rows, which the planner
took for as dear.
"""

_PAGES_ARE_AS_EVER = "set local random_page_cost to default"

_NAME = "trueup_asked"
"""The one cursor that a transaction has open at a time."""


class Together:
    """
    What evaluation ahead asks of a Reader, and no invariant gets to see.

    Statements travel in one pipeline: the extended protocol, unnamed, a single statement each. Once
    it has `streamed` rows its transaction is good for no further pipeline: libpq (18.0) takes the
    first answer of one for another chunk.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._behind: list[Sent] = []
        self.streamed = False

    @property
    def snapshot(self) -> str:
        """The one that the transaction stands on."""
        return self._reader.snapshot

    @property
    def also(self) -> Sequence[Taken]:
        """What was answered to that which was sent with the begin."""
        return self._reader.also

    def refuse(self, asked: Sequence[tuple[Rows, frozenset[str]]]) -> None:
        """
        Raise StatementError for the first question that may do more than ask, or mixes timestamps.

        Each comes with the volatile functions that it may call. Raises CostError for one that costs
        too much.
        """
        for rows, calls in asked:
            self._reader.allow(calls)
            self._reader._refuse_calls(rows.asked)
        permitted = self._reader._may()
        planned = [rows for rows, _ in asked if permitted.must_be_planned(rows.asked)]
        plans = self.ask([explaining(rows.asked.sent, rows.params) for rows in planned])
        for rows, plan in zip(planned, plans, strict=True):
            permitted.refuse_plan(rows.asked, plan_of(plan.rows))

    def ask(self, sent: Sequence[Sent], before: Sequence[Sent] = ()) -> list[Taken]:
        """
        Send all, then read all; raises QueryError for the first that the server refuses.

        What goes out `before` has no rows to be read; everything else must have. Behind it goes the
        question that proves the transaction, in case that this is the last that is asked in it.
        """
        if not sent:
            return []
        unread = [*self._behind, *before]
        self._behind = []
        all_ = [*unread, *sent, (PROOF, None)]
        with self._pipeline(min(len(sent), LONGEST)) as connection:
            cursors = [connection.cursor(row_factory=tuple_row) for _ in all_]
            for cursor, (text, params) in zip(cursors, all_, strict=True):
                cursor.execute(text, params)
        self._reader._unmoved()
        *read, proof = cursors[len(unread) :]
        self._reader.proof = proof.fetchone()
        return list(map(taken, read))

    def ask_by_index(self, sent: Sequence[Sent]) -> list[Taken]:
        """Ask what indexes alone may answer, each read from end to end; raises as `ask` does."""
        found = self.ask(sent, before=[(_PAGES_ARE_CHEAP, None)])
        self._behind = [(_PAGES_ARE_AS_EVER, None)]
        return found

    def is_proven(self) -> bool:
        """
        Whether it is known that nothing was written; raises GuardError where something tried to.

        Where rows were streamed that is not known before the transaction's end.
        """
        if self._reader.proof is None:
            return False
        proven(self._reader._connection, self._reader.proof)
        return True

    def counting(self, relation: str) -> Sent:
        """
        The statement that counts what is judged.

        Which invariant judges it is not known here, so no volatile function may be called.
        """
        self._reader.allow(())
        return self._reader._counting(relation), {}

    def read(self, sent: Sent, cap: int) -> Fetched:
        """
        Rows up to the cap, asked for once; raises QueryError.

        A cursor gives the first of them in a pipeline, and its plan is that of all of them
        (`cursor_tuple_fraction`); only where there are more are they streamed.
        """
        if self.streamed:
            return self._reader._read(*sent, cap)
        text, params = sent
        declared = (f"declare {_NAME} no scroll cursor for {text}", params)
        [taken] = self.ask([(_forward(CHUNK), None)], before=[declared])
        first = self.fetched(taken)
        if len(first.rows) < CHUNK:
            self._behind = [(f"close {_NAME}", None)]
            return first
        self.streamed = True
        rest = self._reader._read(_forward(cap + 1 - CHUNK), None, cap - CHUNK)
        return replace(first, rows=first.rows + rest.rows, complete=rest.complete)

    def fetched(self, taken: Taken) -> Fetched:
        """All the rows of an answer, and which of its columns may be printed."""
        types = {column.name: column.type_code for column in taken.columns}
        printable = self._reader._printable(types)
        return Fetched(taken.named(), complete=True, printable=printable, columns=tuple(types))

    @contextmanager
    def _pipeline(self, patience: int) -> Iterator[psycopg.Connection[TupleRow]]:
        reader = self._reader
        connection = reader._connection
        started = perf_counter()
        try:
            with answered_within(connection, reader._patience * patience), connection.pipeline():
                yield connection
        except psycopg.Error as error:
            raise query_error(error) from None
        finally:
            reader.seconds += perf_counter() - started


def _forward(rows: int) -> str:
    return f"fetch forward {rows} from {_NAME}"
