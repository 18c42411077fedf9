"""The rows of a violated invariant that a page prints: a few at once, more folded."""

from collections.abc import Sequence

from msgspec import Struct

from trueup.model.run import Cell, Record
from trueup.report.mask import MASKED, is_mask
from trueup.report.phrase import number

FIRST = 5
"""Rows that are seen without unfolding anything."""

ROOM = 700_000
"""Characters that all samples of a page share, so that a bad day's page still opens at once."""

CELL_MARKUP = 12
"""Characters of HTML around one cell, about."""

Rows = Sequence[tuple[Cell, ...]]


class Sample(Struct, frozen=True):
    """The rows to print: `first` at once, `more` folded; `left` is how many had no room."""

    first: Rows
    more: Rows
    left: int
    caption: str

    @property
    def keyed(self) -> bool:
        """Whether masks can be told apart, so that the page has to explain that too."""
        return any(is_mask(cell) and cell != MASKED for row in self.first for cell in row)

    @property
    def masked(self) -> bool:
        """Whether any cell is masked, so that the page has to explain it."""
        return any(
            is_mask(cell) for rows in (self.first, self.more) for row in rows for cell in row
        )


def samples(records: Sequence[Record]) -> dict[str, Sample]:
    """A sample for each record, by id; they share the page's room evenly."""
    room = ROOM // max(len(records), 1)
    return {record.id: sample(record, room) for record in records}


def sample(record: Record, room: int = ROOM) -> Sample:
    """The rows of one record that fit into the room."""
    rows = record.rows[: _fitting(record.rows, room)]
    return Sample(
        first=rows[:FIRST],
        more=rows[FIRST:],
        left=len(record.rows) - len(rows),
        caption=_caption(record, len(rows)),
    )


def _fitting(rows: Rows, room: int) -> int:
    """How many rows fit into the room; at least one, however long."""
    used = 0
    for index, row in enumerate(rows):
        used += sum(len(str(cell)) + CELL_MARKUP for cell in row)
        if used > room and index:
            return index
    return len(rows)


def _caption(record: Record, printed: int) -> str:
    seen = min(printed, FIRST)
    if seen == record.count and record.counted_all:
        return "The violation" if record.count == 1 else f"All {number(record.count)} violations"
    total = number(record.count) + ("" if record.counted_all else "+")
    kept = f"; run.json keeps {number(len(record.rows))}" if printed < len(record.rows) else ""
    return f"Showing {number(seen)} of {total}{kept}"
