"""Applying a plan: that plan and nothing else, batch by batch, proven and journaled."""

import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from trueup import command
from trueup.errors import ApplyError, TrueupError
from trueup.model.invariant import Invariant
from trueup.model.plan import Plan, When
from trueup.model.violation import Key
from trueup.primary import call_journal, calls, journal, journal_schema, late, pace
from trueup.primary.applied import Applied, Proof
from trueup.primary.batch import run
from trueup.primary.call_journal import Journaled
from trueup.primary.calls import Callee, Caller
from trueup.primary.interrupt import held_back
from trueup.primary.late import Said, Witness
from trueup.primary.pace import Pace
from trueup.primary.pieces import Pieces
from trueup.primary.planning import clock
from trueup.primary.proof import World
from trueup.primary.session import Connection, Primary, observing
from trueup.primary.trouble import refused
from trueup.primary.work import Done, Work
from trueup.replica.permitted import permitted
from trueup.replica.session import Session
from trueup.report.phrase import plural

if TYPE_CHECKING:
    from trueup.readers.storage.reader import Storage
    from trueup.readers.stripe.reader import Stripe

PATIENCE = 30.0
"""Seconds that the replica may take to replay the change."""

Told = Callable[[int, int], None]
"""Called after each batch with the rows looked at so far, and all."""


class Orders(Struct, frozen=True, kw_only=True):
    """
    How whoever applies a plan wants it done, and who that is.

    At most so many rows are changed, where `most` is given; the rest is left for another time.
    """

    by: str
    most: int | None = None
    patience: float = PATIENCE
    told: Told | None = None


def apply(
    plan: Plan,
    primary: Primary,
    orders: Orders,
    *,
    watched: Sequence[Invariant],
    settings: Mapping[str, object],
    services: Mapping[str, Callee] = MappingProxyType({}),
    replica: Session | None = None,
    stripe: "Stripe | None" = None,
    storage: "Storage | None" = None,
) -> Applied:
    """
    Apply a plan to the primary it was made on.

    `watched` are all invariants of the system. One batch is one transaction and one journal entry;
    Ctrl-C and SIGTERM stop between batches. Where a later batch is refused, what is committed
    stays, and the result says why the rest was not done. Raises ApplyError where nothing was
    changed, ProofError where it was rolled back because it did not prove itself, JournalError
    without a journal.
    """
    started = time.perf_counter()
    require_current(plan, primary)
    applied = Applied(title=plan.title, digest=plan.digest, planned=plan.size)
    if plan.does_something:
        _require_known(plan, watched, services)
        journal_schema.require(primary.connection, plan.system, plan.environment)
        with refused("read the primary's functions"):
            world = World(plan.as_of, settings, permitted(primary.connection)(), stripe, storage)
        with observing(primary) as observer, held_back() as stop:
            witness = Witness(
                observer=observer,
                replica=replica,
                world=world,
                patience=orders.patience,
                stop=stop,
            )
            work = Work(
                plan=plan,
                connection=primary.connection,
                observer=observer,
                world=world,
                watched=watched,
                returning=_returning(primary.connection, plan),
                by=orders.by,
            )
            caller = Caller(connection=primary.connection, services=services, stop=stop)
            _Applying(work, witness, orders, caller, applied).run()
    applied.undo = _undo(plan, applied.entries)
    applied.seconds = time.perf_counter() - started
    return applied


def require_current(plan: Plan, primary: Primary) -> None:
    """Raise ApplyError for another database than the plan's, or a plan that has expired."""
    if plan.database != primary.database:
        raise ApplyError(
            f"the plan was made on database {plan.database.name!r} of system"
            f" {plan.database.system_identifier}, this is {primary.database.name!r} of"
            f" {primary.database.system_identifier}; apply it where it was made, or plan here"
        )
    with refused("read the primary's clock"):
        now = clock(primary.connection)
    if now >= plan.expires:
        raise ApplyError(f"the plan expired at {plan.expires:%Y-%m-%d %H:%M} UTC; plan again")


class _Applying(Struct):
    """
    A plan on its way: what is done so far, and the violations that it was to mend.

    `earlier` is what the invariants that are proven late said before anything was changed;
    `called` are those that a call was to mend, which nobody could see before the commit.
    """

    work: Work
    witness: Witness
    orders: Orders
    caller: Caller
    applied: Applied
    mended: dict[str, set[Key]] = field(default_factory=dict)
    earlier: dict[str, Said] = field(default_factory=dict)
    called: set[str] = field(default_factory=set)

    def run(self) -> None:
        """All batches with their calls, and what is proven late."""
        self._call(call_journal.of_plan(self.work.connection, self.work.plan.digest))
        self.earlier = late.before(self.witness, self._proven(When.LATE))
        self.applied.stopped = self._batch_by_batch()
        if self.applied.entries:
            self._prove_late()

    def _batch_by_batch(self) -> str:
        """Run batches until all are done; says why the rest was not, or nothing."""
        pieces, speed, stop = Pieces(self.work.plan), Pace(), self.witness.stop
        number = looked_at = 0
        while pieces.left():
            if stop.asked:
                return f"stopped by {stop.by}"
            room = self._room()
            if room == 0:
                after = plural(self.applied.changed, "change")
                return f"stopped after {after}, as asked; the same plan again does the rest"
            piece = pieces.take(speed.size if room is None else min(speed.size, room))
            number += 1
            try:
                done = run(self.work, piece, number, first=not self.applied.entries)
            except TrueupError as error:
                if not self.applied.entries:
                    raise
                return f"batch {number}: {error}"
            self._note(done)
            if done.entry is not None and done.calls:
                self._call(call_journal.of_entry(self.work.connection, done.entry))
            looked_at += len(piece)
            self._tell(looked_at)
            speed.note(done.seconds, waited_for=done.waited_for)
            behind = self._rest(speed.rest) if pieces.left() else ""
            if behind:
                return f"stopped after batch {number}, since {behind}"
        return ""

    def _room(self) -> int | None:
        """How many rows may still be changed; None for any number."""
        if self.orders.most is None:
            return None
        return max(0, self.orders.most - self.applied.changed)

    def _note(self, done: Done) -> None:
        applied = self.applied
        rows = len({one.change for one in done.moved if one.change is not None})
        applied.changed += rows + done.calls + len(done.altered)
        applied.altered.add(done.altered)
        applied.moved.add(done.moved)
        applied.skipped.add(done.skipped)
        applied.left.add(done.left)
        if done.entry is not None:
            if not applied.entries:
                self.earlier |= {
                    found.name: Said(done.before[found.name]) for found in self._proven(When.FIRST)
                }
            applied.entries.append(done.entry)
            known = {(one.invariant, one.place): one for one in (*applied.proofs, *done.proofs)}
            applied.proofs = [replace(one, mended=()) for one in known.values()]
        for target in done.mended:
            self.mended.setdefault(target.invariant, set()).add(target.key)
            if target.unit in done.called:
                self.called.add(target.invariant)

    def _call(self, journaled: Sequence[Journaled]) -> None:
        """Make calls that are not made yet, of this batch or of an earlier try."""
        self.applied.calls.add(self.caller.make(journaled))

    def _tell(self, looked_at: int) -> None:
        if self.orders.told is not None:
            self.orders.told(looked_at, self.work.plan.size)

    def _rest(self, seconds: float) -> str:
        """Let others pass, and the replica catch up; says why it did not, or nothing."""
        pace.pause(seconds, self.witness.stop)
        behind = self.witness.follow()
        return "" if self.witness.stop.asked else behind

    def _prove_late(self) -> None:
        if self.applied.calls and self.work.world.stripe is not None:
            self.work.world.stripe.forget()
        proofs = late.prove(
            self.witness,
            self._own(),
            self.earlier,
            (*self._proven(When.FIRST), *self._proven(When.LATE)),
            mended=self.mended,
            returning=self.work.returning,
            told={one.invariant for one in self.work.plan.proof if one.keyed},
        )
        self.applied.proofs = [*self.applied.proofs, *proofs]
        unkept = _record(self.work.connection, self.applied.entries, proofs)
        self.applied.stopped = unkept or self.applied.stopped

    def _own(self) -> tuple[Invariant, ...]:
        """The invariants that the changes were to mend; without a replica, those not yet seen."""
        names = self.mended.keys() if self.witness.replica else self.called
        return tuple(found for found in self.work.watched if found.name in names)

    def _proven(self, when: When) -> tuple[Invariant, ...]:
        known = {invariant.name: invariant for invariant in self.work.watched}
        return tuple(known[step.invariant] for step in self.work.plan.proof if step.when is when)


def _require_known(
    plan: Plan, watched: Sequence[Invariant], services: Mapping[str, Callee]
) -> None:
    """Raise ApplyError where what is to prove the plan, or to be called by it, is not there."""
    for name in {call.service for call in plan.calls}:
        calls.known(services, name)
    known = {invariant.name for invariant in watched}
    absent = [step.invariant for step in plan.proof if step.invariant not in known]
    if absent:
        raise ApplyError(
            f"the plan is to be proven by {absent[0]!r}, which is not in the catalog; plan again"
        )


def _returning(connection: Connection, plan: Plan) -> Mapping[str, frozenset[Key]]:
    """What an undo brings back: the violations that the entry it undoes had mended."""
    found: dict[str, set[Key]] = {}
    if plan.undoes is not None:
        for invariant, key in journal.mended(connection, plan.undoes):
            found.setdefault(invariant, set()).add(key)
    return {invariant: frozenset(keys) for invariant, keys in found.items()}


def _record(connection: Connection, entries: Sequence[int], proofs: Sequence[Proof]) -> str:
    """Add what was proven afterwards to each entry; the changes stand, so this never raises."""
    try:
        with refused("journal the proof"), connection.transaction():
            journal.add_proofs(connection, entries, proofs)
    except TrueupError as error:
        return str(error)
    return ""


def _undo(plan: Plan, entries: Sequence[int]) -> tuple[str, ...]:
    """What takes it back; where the plan was approved, its undo is to be as well."""
    back = () if plan.undo else reversed(entries)
    approved = bool(plan.approvals)
    return tuple(
        command.undo(plan.system, plan.environment, entry, approved=approved) for entry in back
    )
