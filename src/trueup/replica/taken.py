"""What the server has answered to a statement that was sent together with others."""

from collections.abc import Sequence

import psycopg
from msgspec import Struct
from psycopg.rows import TupleRow

from trueup.model.invariant import Row


class Taken(Struct, frozen=True):
    """One statement's answer: its rows, and each column; of two with one name the last counts."""

    rows: list[TupleRow]
    columns: Sequence[psycopg.Column]

    def named(self) -> list[Row]:
        """The rows with their columns' names."""
        names = [column.name for column in self.columns]
        return [dict(zip(names, row, strict=True)) for row in self.rows]


def taken(cursor: psycopg.Cursor[TupleRow]) -> Taken:
    """All that a statement has answered."""
    return Taken(cursor.fetchall(), cursor.description or ())
