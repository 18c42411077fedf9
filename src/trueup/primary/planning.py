"""Making a plan: the changes a fix would make now, and everything that would follow from them."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import ceil

from trueup.errors import PlanError
from trueup.evaluate import CAP, PLANNED, evaluate
from trueup.model.fix import Fix
from trueup.model.invariant import Invariant
from trueup.model.plan import Plan, PlannedCall, PlannedChange, PlannedSteps, Skipped, Target
from trueup.model.verdict import Verdict
from trueup.model.violation import Violation, key_text
from trueup.planfile import seal
from trueup.primary import proof as prove
from trueup.primary import shares
from trueup.primary.asking import Answer, ask
from trueup.primary.callable import planned_call, require_callable
from trueup.primary.consequences import Consequences, follow, require_free
from trueup.primary.draft import Draft, draft
from trueup.primary.dragged import counted
from trueup.primary.pace import MOST
from trueup.primary.proof import World
from trueup.primary.session import Connection, Primary, questioning, reading
from trueup.primary.tables import Table, Tables
from trueup.primary.trouble import refused
from trueup.primary.typed import OPERATOR
from trueup.primary.units import Union, numbered
from trueup.replica.functions import volatile

VALID_FOR = timedelta(hours=24)
PROVE_WITHIN = 2.0

_CLOCK = "select pg_catalog.clock_timestamp()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """
    What a plan says of where, who and why; `now` is the instant that invariants are asked.

    `services` are the names of those that the environment lets a fix call.
    """

    system: str
    environment: str
    by: str
    reason: str
    code: str
    now: datetime
    settings: Mapping[str, object] = field(default_factory=dict)
    services: frozenset[str] = frozenset()

    @property
    def world(self) -> World:
        """The instant and the settings, for invariants."""
        return World(self.now, self.settings)


def make(
    primary: Primary,
    fix: Fix,
    invariants: Sequence[Invariant],
    *,
    facts: Facts,
    watched: Sequence[Invariant],
    only: AbstractSet[str] | None = None,
    others: Mapping[str, object] | None = None,
    prove_within: float = PROVE_WITHIN,
    valid_for: timedelta = VALID_FOR,
    share: float = shares.MOST,
    rows: Sequence[Violation] = (),
) -> Plan:
    """
    Plan a fix on the primary, which is only read.

    `invariants` are those the fix is paired with, `watched` all of the system. `only` narrows the
    violations to keys as reports print them. `others` is what the paired invariants ask for that
    the primary does not give, such as `visitor`. The 24 hours count by the primary's clock. More
    than `share` percent of a table is refused, where that is more than a handful of rows. `rows`
    are what an operator typed instead of violations; then there must be a reason.
    Raises PlanError where an invariant is unknown or a change cannot or must not be made.
    """
    connection = primary.connection
    with refused("plan", PlanError), reading(connection):
        world = replace(facts.world, known=volatile(connection))
        given = {**(others or {}), "settings": facts.settings, "now": facts.now}
        found = rows or _violations(connection, invariants, given, max(CAP, fix.at_most))
        violations = found if only is None else _narrowed(found, only)
        with questioning(connection, world.known) as reader:
            resources = {
                "primary": reader,
                "settings": facts.settings,
                "services": facts.services,
                "now": facts.now,
            }
            asked = ask(fix, invariants, violations, resources)
        require_callable(fix.name, asked.calls, facts.services)
        planned = _planned(connection, fix, invariants, violations, asked)
        touched = shares.of(connection, planned.changes, planned.follows)
        shares.require(fix.name, touched, share)
        proof = (
            prove.steps(
                connection,
                planned.follows.touched,
                world,
                watched=watched,
                targets=planned.targets,
                within=prove_within,
                batches=ceil(len(planned.changes) / MOST) or 1,
            )
            if planned.changes or planned.calls
            else ()
        )
        made = clock(connection)
    plan = Plan(
        system=facts.system,
        fix=fix.name,
        environment=facts.environment,
        code=facts.code,
        database=primary.database,
        as_of=facts.now,
        made=made,
        expires=made + valid_for,
        by=facts.by,
        reason=facts.reason,
        at_most=fix.at_most,
        targets=planned.targets,
        changes=planned.changes,
        calls=planned.calls,
        steps=tuple(
            PlannedSteps(title=one.title, steps=one.steps, verify=one.verify) for one in asked.steps
        ),
        skipped=planned.skipped,
        dependents=counted(planned.follows.walk.dragged),
        triggers=planned.follows.triggers,
        proof=proof,
        undo=fix.undo,
        shares=touched,
        printable=planned.printable,
    )
    return seal(plan)


def clock(connection: Connection) -> datetime:
    """The primary's own clock: what expires, expires there."""
    row = connection.execute(_CLOCK).fetchone()
    if row is None:  # pragma: no cover  # the query has exactly one row
        raise AssertionError("unreachable")
    now: datetime = row[0]
    return now


@dataclass(frozen=True, slots=True)
class _Planned:
    changes: tuple[PlannedChange, ...]
    calls: tuple[PlannedCall, ...]
    targets: tuple[Target, ...]
    skipped: tuple[Skipped, ...]
    follows: Consequences
    printable: Mapping[str, tuple[str, ...]]


def _violations(
    connection: Connection,
    invariants: Sequence[Invariant],
    given: Mapping[str, object],
    cap: int,
) -> list[Violation]:
    """What the paired invariants say on the primary."""
    found: list[Violation] = []
    for invariant in invariants:
        with questioning(connection) as reader:
            said = evaluate(invariant, {**given, "replica": reader}, replace(PLANNED, cap=cap))
        if said.verdict is Verdict.UNKNOWN:
            remedy = f"; {said.remedy}" if said.remedy else ""
            raise PlanError(f"{invariant.id} is unknown on the primary: {said.reason}{remedy}")
        found += said.violations
    return found


def _narrowed(found: Sequence[Violation], only: AbstractSet[str]) -> list[Violation]:
    absent = only - {key_text(violation.key) for violation in found}
    if absent:
        raise PlanError(f"nothing violates under the key {min(absent)!r}; look for a typing error")
    return [violation for violation in found if key_text(violation.key) in only]


def _planned(
    connection: Connection,
    fix: Fix,
    invariants: Sequence[Invariant],
    violations: Sequence[Violation],
    asked: Answer,
) -> _Planned:
    tables = Tables(connection)
    drafted = draft(connection, tables, fix.name, asked.changes)
    drafts = drafted.drafts
    _require_few(fix, len(drafts) + len(asked.calls))
    changes = [_change(one) for one in drafts]
    follows = follow(connection, tables, changes)
    require_free(follows.walk, fix.name)
    mends = [frozenset(one.mends) for one in drafts]
    mends += [one.mends for one in asked.calls]
    units = Union(len(mends) + len(violations))
    for place, mended_by in enumerate(mends):
        units.join([place, *(len(mends) + mended for mended in mended_by)])
    for pair in follows.walk.together:
        units.join(pair)
    roots = numbered(units.root(place) for place in range(len(mends)))
    mended = {at: place for place, found in enumerate(mends) for at in found}
    calls = zip(asked.calls, roots[len(changes) :], strict=True)
    return _Planned(
        changes=tuple(replace(c, unit=u) for c, u in zip(changes, roots, strict=False)),
        calls=tuple(planned_call(one.call, unit) for one, unit in calls),
        targets=tuple(
            Target(invariant=v.invariant, key=v.key, unit=roots[mended[at]])
            for at, v in enumerate(violations)
            if at in mended and v.invariant != OPERATOR
        ),
        skipped=tuple(drafted.skipped),
        follows=follows,
        printable=_printable(invariants, dict.fromkeys(one.table for one in drafts)),
    )


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
