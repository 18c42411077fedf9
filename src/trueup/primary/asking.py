"""Asking a fix for its changes, and remembering for which violation each is made."""

import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import overload

from msgspec import Struct, ValidationError, convert, field
from msgspec.json import encode
from msgspec.structs import asdict, replace

from trueup.errors import PlanError, TrueupError
from trueup.model.change import Alter, Call, Change, Delete, Insert, Steps, Update
from trueup.model.fix import Fix
from trueup.model.invariant import Invariant
from trueup.model.violation import Key, Violation, key_of

YIELDS = "Update, Insert, Delete, Alter, Call or Steps"

MADE_OF = "docs/writing-a-fix.md"
"""Where it stands what a change is made of."""

RowChange = Update | Insert | Delete


class Asked(Struct, frozen=True):
    """One row's change as the fix yielded it, and the violations that it is for, by place."""

    change: RowChange
    mends: frozenset[int]


class AskedCall(Struct, frozen=True):
    """One call as the fix yielded it, and the violations that it is for, by place."""

    call: Call
    mends: frozenset[int]


class AskedAlteration(Struct, frozen=True):
    """One alteration as the fix yielded it, and the violations that it is for, by place."""

    change: Alter
    mends: frozenset[int]


class Answer(Struct):
    """All that a fix yielded."""

    changes: list[Asked] = field(default_factory=list)
    calls: list[AskedCall] = field(default_factory=list)
    alterations: list[AskedAlteration] = field(default_factory=list)
    steps: list[Steps] = field(default_factory=list)


class Handed(Sequence[Violation]):
    """
    The violations a fix reads; knows the one that its loop is at.

    A change that is yielded inside the loop is for the violation of that round.
    """

    def __init__(self, violations: Sequence[Violation]) -> None:
        self._violations = tuple(violations)
        self.at: int | None = None

    @overload
    def __getitem__(self, place: int) -> Violation: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Violation]: ...
    def __getitem__(self, place: int | slice) -> Violation | Sequence[Violation]:
        return self._violations[place]

    def __len__(self) -> int:
        return len(self._violations)

    def __iter__(self) -> Iterator[Violation]:
        try:
            for at, violation in enumerate(self._violations):
                self.at = at
                yield violation
        finally:
            self.at = None


def ask(
    fix: Fix,
    invariants: Sequence[Invariant],
    violations: Sequence[Violation],
    resources: Mapping[str, object],
) -> Answer:
    """
    Run the fix's `plan` and take what it yields; raises PlanError for what is not its to yield.

    A change that is made outside the loop over the violations, and whose key is no violation's,
    counts as made for all of them: then it is made only while all of them still violate.
    """
    handed = Handed(violations)
    given = {**resources, "violations": handed, "rows": handed}
    named = _by_key(invariants, violations)
    every = frozenset(range(len(violations)))
    answer = Answer()
    try:
        yielded: Iterable[object] = fix.plan(**{name: given[name] for name in fix.asks})
        for change in yielded:
            _require_whole(change)
            at = frozenset(() if handed.at is None else (handed.at,))
            if isinstance(change, Steps):
                answer.steps.append(_listed(change))
            elif isinstance(change, Call):
                answer.calls.append(AskedCall(change, at or every))
            elif isinstance(change, Alter):
                answer.alterations.append(AskedAlteration(change, at or every))
            elif isinstance(change, RowChange):
                answer.changes.append(Asked(change, (at | named(change)) or every))
    except TrueupError as error:
        raise PlanError(f"{fix.name}: {error}") from None
    except Exception as error:  # noqa: BLE001  # the fix's own mistake, told without its values
        raise PlanError(_mistake(fix, error)) from None
    answer.steps = list(dict.fromkeys(answer.steps))
    return answer


def _require_whole(change: object) -> None:
    """Raise PlanError where that is no change, or a part of it is not what the change says."""
    kind = type(change).__name__
    if not isinstance(change, Change):
        raise PlanError(f"yields a {kind}; a fix yields {YIELDS}")
    if isinstance(change, Steps) and isinstance(change.steps, str):
        raise PlanError("yields Steps whose steps are one text; give a list of them")
    try:
        convert(asdict(change), type(change))
        encode(_names(change) if isinstance(change, RowChange) else change)
    except ValidationError as error:
        wrong = str(error).rpartition("`$.")[2].rstrip("`")
        raise PlanError(f"yields {kind} whose {wrong} is not what {MADE_OF} says") from None
    except (TypeError, ValueError):
        raise PlanError(f"yields {kind} with a value that no plan can hold; mend it") from None


def _names(change: RowChange) -> list[str]:
    """The table and the columns; what may stand in a column, the server says."""
    return [
        change.table,
        *(name for part in asdict(change).values() if isinstance(part, Mapping) for name in part),
    ]


def _listed(steps: Steps) -> Steps:
    """The same with a tuple of steps, so that one that was yielded twice is told once."""
    return replace(steps, steps=tuple(steps.steps))


def _by_key(
    invariants: Sequence[Invariant], violations: Sequence[Violation]
) -> Callable[[RowChange], frozenset[int]]:
    """The violations whose judged table and key are those of a change."""
    judged = {found.name: frozenset(found.over.values()) for found in invariants}
    places: dict[Key, list[int]] = {}
    for place, violation in enumerate(violations):
        places.setdefault(violation.key, []).append(place)

    def named(change: RowChange) -> frozenset[int]:
        if isinstance(change, Insert):
            return frozenset()
        key = key_of(change.key.values())
        return frozenset(
            place
            for place in places.get(key, ())
            if change.table in judged.get(violations[place].invariant, ())
        )

    return named


def _mistake(fix: Fix, error: Exception) -> str:
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.endswith(fix.path)
    ]
    where = f" in line {frames[-1].lineno}" if frames else ""
    return (
        f"{fix.name} itself failed with {type(error).__name__}{where}; mend the fix"
        " (its values are not shown, since they may come from a row)"
    )
