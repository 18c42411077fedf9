"""What a fix's answer becomes in a plan: changes, calls and alterations, in units."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from msgspec import Struct, field
from msgspec.structs import replace

from trueup.errors import PlanError
from trueup.model.fix import Fix
from trueup.model.invariant import Invariant
from trueup.model.plan import PlannedAlteration, PlannedCall, PlannedChange, Skipped, Target
from trueup.model.violation import Violation
from trueup.primary.alterable import prepare
from trueup.primary.alterations import WAYS
from trueup.primary.asking import Answer
from trueup.primary.callable import planned_call, require_callable
from trueup.primary.consequences import Consequences, follow, require_free
from trueup.primary.draft import Draft, draft
from trueup.primary.session import Connection
from trueup.primary.tables import Table, Tables
from trueup.primary.typed import OPERATOR
from trueup.primary.units import Union, numbered

Outside = PlannedCall | PlannedAlteration
"""What is planned and is no row."""


class Answered(Struct, frozen=True):
    """The parts of a plan that a fix's answer decides."""

    changes: tuple[PlannedChange, ...]
    calls: tuple[PlannedCall, ...]
    alterations: tuple[PlannedAlteration, ...]
    targets: tuple[Target, ...]
    skipped: tuple[Skipped, ...]
    follows: Consequences
    printable: Mapping[str, tuple[str, ...]]

    @property
    def does_something(self) -> bool:
        """Whether there is anything to prove."""
        return bool(self.changes or self.calls or self.alterations)

    @property
    def touched(self) -> frozenset[str]:
        """Tables that are written, those of the catalog too, by qualified name."""
        return self.follows.touched | {WAYS[one.kind].catalog for one in self.alterations}


class _Prepared(Struct):
    """Calls and alterations, each with the places of the violations that it is for."""

    found: list[tuple[Outside, frozenset[int]]] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


class Said(Struct, frozen=True):
    """What a fix was asked about, and what it answered."""

    violations: Sequence[Violation]
    answer: Answer


def answered(
    connection: Connection,
    fix: Fix,
    invariants: Sequence[Invariant],
    said: Said,
    services: AbstractSet[str],
) -> Answered:
    """
    Read what the fix would change, and say what belongs together and what follows.

    Raises PlanError for a change that cannot or must not be made, and for too many.
    """
    answer, violations = said.answer, said.violations
    if answer.changes and answer.alterations:
        raise PlanError(f"{fix.name} changes rows and the schema at once; make it two fixes")
    require_callable(fix.name, answer.calls, services)
    tables = Tables(connection)
    drafted = draft(connection, tables, fix.name, answer.changes)
    prepared = _prepared(connection, fix, answer)
    _require_few(fix, len(drafted.drafts) + len(prepared.found))
    changes = [_change(one) for one in drafted.drafts]
    follows = follow(connection, tables, changes)
    require_free(follows.walk, fix.name)
    mends = [frozenset(one.mends) for one in drafted.drafts]
    mends += [places for _, places in prepared.found]
    roots = _units(mends, follows.walk.together, len(violations))
    mended = {at: place for place, found in enumerate(mends) for at in found}
    outside = [
        replace(one, unit=unit)
        for (one, _), unit in zip(prepared.found, roots[len(changes) :], strict=True)
    ]
    return Answered(
        changes=tuple(replace(c, unit=u) for c, u in zip(changes, roots, strict=False)),
        calls=tuple(one for one in outside if isinstance(one, PlannedCall)),
        alterations=tuple(one for one in outside if isinstance(one, PlannedAlteration)),
        targets=tuple(
            Target(invariant=v.invariant, key=v.key, unit=roots[mended[at]])
            for at, v in enumerate(violations)
            if at in mended and v.invariant != OPERATOR
        ),
        skipped=(*drafted.skipped, *prepared.skipped),
        follows=follows,
        printable=_printable(invariants, dict.fromkeys(one.table for one in drafted.drafts)),
    )


def _prepared(connection: Connection, fix: Fix, answer: Answer) -> _Prepared:
    """What is said twice is made once."""
    prepared = _Prepared()
    called: dict[str, tuple[PlannedCall, frozenset[int]]] = {}
    for asked in answer.calls:
        said = repr(asked.call)  # what it sends is no key of a dict
        _, mends = called.get(said, (None, frozenset[int]()))
        called[said] = (planned_call(asked.call), mends | asked.mends)
    prepared.found += called.values()
    once: dict[PlannedAlteration, frozenset[int]] = {}
    for altering in answer.alterations:
        one = prepare(connection, fix.name, altering.change)
        if isinstance(one, Skipped):
            prepared.skipped.append(one)
        elif isinstance(one, PlannedCall):
            prepared.found.append((one, altering.mends))
        else:
            once[one] = once.get(one, frozenset()) | altering.mends
    prepared.found += once.items()
    return prepared


def _units(
    mends: Sequence[frozenset[int]], together: Iterable[Iterable[int]], violations: int
) -> list[int]:
    """The unit of each change: those that mend one violation, or need each other, share one."""
    units = Union(len(mends) + violations)
    for place, mended_by in enumerate(mends):
        units.join([place, *(len(mends) + mended for mended in mended_by)])
    for pair in together:
        units.join(pair)
    return numbered(units.root(place) for place in range(len(mends)))


def _printable(
    invariants: Sequence[Invariant], tables: Iterable[Table]
) -> dict[str, tuple[str, ...]]:
    """The columns that a page may show: by type, as keys, and those that invariants show."""
    shown = {name for invariant in invariants for name in invariant.show}
    return {
        table.label: tuple(
            name
            for name, column in table.columns.items()
            if column.printable or name in table.key or name in shown
        )
        for table in tables
    }


def _require_few(fix: Fix, number: int) -> None:
    if number > fix.at_most:
        raise PlanError(
            f"{fix.name} would make {number:,} changes, more than its cap of {fix.at_most:,};"
            " plan some of the violations with --only, or raise AT_MOST in a reviewed change"
        )


def _change(one: Draft) -> PlannedChange:
    return PlannedChange(
        op=one.op, table=one.table.label, key=one.key, before=one.before, set=one.values
    )
