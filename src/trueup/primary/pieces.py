"""A plan cut into pieces: as many rows as are asked for, and a unit never cut in two."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import merge
from itertools import groupby

from trueup.model.plan import Plan, PlannedAlteration, PlannedCall, PlannedChange, Target

Row = PlannedChange | Target | PlannedCall | PlannedAlteration


@dataclass(slots=True)
class Piece:
    """Changes, calls and alterations with their places in the plan, and what they mend."""

    changes: list[tuple[int, PlannedChange]] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    calls: list[tuple[int, PlannedCall]] = field(default_factory=list)
    alterations: list[tuple[int, PlannedAlteration]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.changes) + len(self.calls) + len(self.alterations)

    def add(self, other: "Piece") -> None:
        """Take another piece into this one."""
        self.changes += other.changes
        self.targets += other.targets
        self.calls += other.calls
        self.alterations += other.alterations


class Pieces:
    """What is left of a plan; reads it once, from the first unit to the last."""

    def __init__(self, plan: Plan) -> None:
        self._units = _units(plan)
        self._next = next(self._units, None)

    def left(self) -> bool:
        """Whether anything is left to take."""
        return self._next is not None

    def take(self, size: int) -> Piece:
        """
        The next units, up to so many changes and calls; one unit at least.

        A unit with alterations is alone, so that one table is locked and not many.
        """
        taken = Piece()
        while self._next is not None and (not len(taken) or self._fits(taken, self._next, size)):
            taken.add(self._next)
            self._next = next(self._units, None)
        return taken

    def _fits(self, taken: Piece, more: Piece, size: int) -> bool:
        alone = taken.alterations or more.alterations
        return not alone and len(taken) + len(more) <= size


def _units(plan: Plan) -> Iterator[Piece]:
    rows: Iterator[tuple[int, Row]] = merge(
        enumerate(plan.changes),
        enumerate(plan.targets),
        enumerate(plan.calls),
        enumerate(plan.alterations),
        key=_unit,
    )
    for _, group in groupby(rows, key=_unit):
        unit = Piece()
        for place, one in group:
            if isinstance(one, PlannedChange):
                unit.changes.append((place, one))
            elif isinstance(one, PlannedCall):
                unit.calls.append((place, one))
            elif isinstance(one, PlannedAlteration):
                unit.alterations.append((place, one))
            else:
                unit.targets.append(one)
        yield unit


def _unit(row: tuple[int, Row]) -> int:
    return row[1].unit
