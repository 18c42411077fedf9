"""A plan cut into pieces: as many rows as are asked for, and a unit never cut in two."""

import sys
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from msgspec import Struct, field

from trueup.model.plan import Plan, PlannedAlteration, PlannedCall, PlannedChange, Target

R = TypeVar("R", PlannedChange, Target, PlannedCall, PlannedAlteration)

END = sys.maxsize
"""Behind every unit."""


class Piece(Struct):
    """Changes, calls and alterations with their places in the plan, and what they mend."""

    changes: list[tuple[int, PlannedChange]] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    calls: list[tuple[int, PlannedCall]] = field(default_factory=list)
    alterations: list[tuple[int, PlannedAlteration]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.changes) + len(self.calls) + len(self.alterations)


class Pieces:
    """What is left of a plan; reads it once, from the first unit to the last."""

    def __init__(self, plan: Plan) -> None:
        self._changes = _Part(plan.changes)
        self._targets = _Part(plan.targets)
        self._calls = _Part(plan.calls)
        self._alterations = _Part(plan.alterations)

    def left(self) -> bool:
        """Whether anything is left to take."""
        return self._unit() < END

    def take(self, size: int) -> Piece:
        """
        The next units, up to so many changes and calls; one unit at least.

        A unit with alterations is alone, so that one table is locked and not many.
        """
        taken = Piece()
        while (unit := self._unit()) < END and self._fits(taken, unit, size):
            self._changes.give(unit, taken.changes)
            self._calls.give(unit, taken.calls)
            self._alterations.give(unit, taken.alterations)
            targets: list[tuple[int, Target]] = []
            self._targets.give(unit, targets)
            taken.targets += [target for _, target in targets]
        return taken

    def _unit(self) -> int:
        return min(self._changes.unit, self._targets.unit, self._calls.unit, self._alterations.unit)

    def _fits(self, taken: Piece, unit: int, size: int) -> bool:
        there = len(taken)
        if not there:
            return True
        more = self._changes.size(unit) + self._calls.size(unit)
        alone = taken.alterations or self._alterations.size(unit)
        return not alone and there + more <= size


class _Part(Generic[R]):
    """
    One list of a plan, read once: the rows of the unit that comes next, and its number.

    A loop of its own for each list: merged row by row, reading a plan would take twice as long.
    """

    def __init__(self, rows: Iterable[R]) -> None:
        self.unit = END
        self._rows: list[tuple[int, R]] = []
        self._rest: Iterator[tuple[int, R]] = enumerate(rows)
        self._first: tuple[int, R] | None = next(self._rest, None)
        self._turn()

    def size(self, unit: int) -> int:
        """How many rows the unit has here."""
        return len(self._rows) if self.unit == unit else 0

    def give(self, unit: int, into: list[tuple[int, R]]) -> None:
        """Add the unit's rows, if there are any, and go on to the next."""
        if self.unit == unit:
            into += self._rows
            self._turn()

    def _turn(self) -> None:
        first = self._first
        if first is None:
            self.unit, self._rows = END, []
            return
        unit, rows = first[1].unit, [first]
        for row in self._rest:
            if row[1].unit != unit:
                self._first = row
                break
            rows.append(row)
        else:
            self._first = None
        self.unit, self._rows = unit, rows
