"""What a fix's answer becomes in a plan: changes, calls and alterations, in units."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from msgspec import Struct
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
from trueup.primary.left_alone import Prepared, keep
from trueup.primary.session import Connection
from trueup.primary.tables import Table, Tables
from trueup.primary.typed import OPERATOR
from trueup.primary.units import units


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
    drafts = draft(connection, tables, fix.name, answer.changes)
    prepared = _prepared(connection, fix, answer)
    kept = keep(drafts, prepared, len(violations))
    _require_few(fix, len(kept.drafts) + len(kept.outside))
    changes = [_change(one) for one in kept.drafts]
    follows = follow(connection, tables, changes)
    require_free(follows.walk, fix.name)
    mends = kept.mends
    roots = units(mends, follows.walk.together, len(violations))
    mended = {at: place for place, found in enumerate(mends) for at in found}
    outside = [
        replace(one, unit=unit)
        for one, unit in zip(kept.outside, roots[len(changes) :], strict=True)
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
        skipped=tuple(kept.skipped),
        follows=follows,
        printable=_printable(invariants, dict.fromkeys(one.table for one in kept.drafts)),
    )


def _prepared(connection: Connection, fix: Fix, answer: Answer) -> list[Prepared]:
    """What is said twice is made once."""
    said: list[Prepared] = [Prepared(planned_call(one.call), one.mends) for one in answer.calls]
    said += [
        Prepared(prepare(connection, fix.name, one.change), one.mends) for one in answer.alterations
    ]
    once: dict[str, Prepared] = {}
    for one in said:
        name = repr(one.found)  # what it sends is no key of a dict
        earlier = once.get(name, one)
        once[name] = Prepared(one.found, one.mends | earlier.mends)
    return list(once.values())


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
