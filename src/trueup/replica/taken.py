"""What the server has answered to a statement that was sent together with others."""

from collections.abc import Sequence

import psycopg
from msgspec import Struct
from psycopg.rows import TupleRow

from trueup.errors import StatementError
from trueup.model.invariant import Row


class Taken(Struct, frozen=True):
    """One statement's answer: its rows, and each column."""

    rows: list[TupleRow]
    columns: Sequence[psycopg.Column]

    def named(self) -> list[Row]:
        """The rows with their columns' names; raises StatementError for two of one name."""
        names = names_of(self.columns)
        return [dict(zip(names, row, strict=True)) for row in self.rows]


def names_of(columns: Sequence[psycopg.Column]) -> list[str]:
    """The names of columns; raises StatementError for two of one: a row has one value of each."""
    names = [column.name for column in columns]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise StatementError(f"the SQL gives two columns named {twice!r}; give one another name")
    return names


def taken(cursor: psycopg.Cursor[TupleRow]) -> Taken:
    """All that a statement has answered."""
    return Taken(cursor.fetchall(), cursor.description or ())
