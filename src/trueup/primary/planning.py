"""Making a plan: the changes a fix would make now, and everything that would follow from them."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from trueup.errors import PlanError
from trueup.evaluate import CAP, PLANNED, evaluate
from trueup.model.change import Steps
from trueup.model.fix import Fix
from trueup.model.invariant import Invariant
from trueup.model.plan import Database, Plan, PlannedSteps, ProofStep
from trueup.model.verdict import Verdict
from trueup.model.violation import Violation, key_text
from trueup.planfile import seal
from trueup.primary import proof as prove
from trueup.primary import shares
from trueup.primary.answered import Answered, Said, answered
from trueup.primary.asking import ask
from trueup.primary.dragged import counted
from trueup.primary.pace import batches
from trueup.primary.proof import World
from trueup.primary.session import Connection, Primary, questioning, reading
from trueup.primary.trouble import refused
from trueup.replica.permitted import permitted

if TYPE_CHECKING:
    from trueup.library.person import Person
    from trueup.readers.stripe.reader import Stripe

VALID_FOR = timedelta(hours=24)
PROVE_WITHIN = 2.0

_CLOCK = "select pg_catalog.clock_timestamp()"


class Facts(Struct, frozen=True, kw_only=True):
    """
    What a plan says of where, who and why; `now` is the instant that invariants are asked.

    `services` are the names of those that the environment lets a fix call; `stripe` is the account
    that is read, None where there is none.
    """

    system: str
    environment: str
    by: str
    reason: str
    code: str
    now: datetime
    settings: Mapping[str, object] = field(default_factory=dict)
    services: frozenset[str] = frozenset()
    stripe: "Stripe | None" = None
    person: "Person | None" = None

    @property
    def world(self) -> World:
        """The instant and the settings, for invariants."""
        return World(self.now, self.settings, stripe=self.stripe)

    @property
    def given(self) -> dict[str, object]:
        """What invariants and fixes may ask for alike."""
        return {
            "stripe": self.stripe,
            "settings": self.settings,
            "person": self.person,
            "now": self.now,
        }

    def blank(self, fix: str, database: Database, made: datetime, valid_for: timedelta) -> Plan:
        """A plan of a fix that does nothing yet."""
        return Plan(
            system=self.system,
            fix=fix,
            environment=self.environment,
            code=self.code,
            database=database,
            as_of=self.now,
            made=made,
            expires=made + valid_for,
            by=self.by,
            reason=self.reason,
            at_most=0,
            targets=(),
            changes=(),
        )


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
    violations to keys as reports print them. `others` is what the fix and the paired invariants ask
    for that the primary does not give, such as `visitor`. The 24 hours count by the primary's
    clock. More than `share` percent of a table is refused, where that is more than a handful of
    rows. `rows` are what an operator typed instead of violations; then there must be a reason.
    Raises PlanError where an invariant is unknown or a change cannot or must not be made.
    """
    connection = primary.connection
    with refused("plan", PlanError), reading(connection):
        world = replace(facts.world, permitted=permitted(connection)())
        given = {**(others or {}), **facts.given}
        found = rows or _violations(connection, invariants, given, max(CAP, fix.at_most))
        violations = found if only is None else _narrowed(found, only)
        with questioning(connection, world.permitted) as reader:
            given = {**given, "primary": reader, "services": facts.services}
            answer = ask(fix, invariants, violations, given)
        planned = answered(connection, fix, invariants, Said(violations, answer), facts.services)
        touched = shares.of(connection, planned.changes, planned.follows)
        shares.require(fix.name, touched, share)
        proof = _proof(connection, planned, world, watched, prove_within)
        made = clock(connection)
    plan = replace(
        facts.blank(fix.name, primary.database, made, valid_for),
        at_most=fix.at_most,
        targets=planned.targets,
        changes=planned.changes,
        calls=planned.calls,
        alterations=planned.alterations,
        steps=tuple(map(_step, answer.steps)),
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


def _proof(
    connection: Connection,
    planned: Answered,
    world: World,
    watched: Sequence[Invariant],
    within: float,
) -> tuple[ProofStep, ...]:
    """Who will prove it; nobody, where nothing is changed."""
    if not planned.does_something:
        return ()
    return prove.steps(
        connection,
        planned.touched,
        world,
        watched=watched,
        targets=planned.targets,
        within=within,
        batches=batches(len(planned.changes)),
        called={call.service for call in planned.calls},
    )


def _step(one: Steps) -> PlannedSteps:
    return PlannedSteps(title=one.title, steps=tuple(one.steps), verify=one.verify)


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
