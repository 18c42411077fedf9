"""Applying a plan: that plan and nothing else, batch by batch, proven and journaled."""

from collections.abc import Callable, Mapping, Sequence
from time import perf_counter

from trueup import command
from trueup.errors import ApplyError, TrueupError
from trueup.model.invariant import Invariant
from trueup.model.plan import Plan, Target
from trueup.model.violation import Key
from trueup.primary import journal, late
from trueup.primary.applied import Applied, Proof
from trueup.primary.batch import Done, Work, run
from trueup.primary.interrupt import Stop, held_back
from trueup.primary.late import Witness
from trueup.primary.planning import clock
from trueup.primary.proof import World
from trueup.primary.session import Connection, Primary, observing
from trueup.primary.trouble import refused
from trueup.replica.session import Session

BATCH = 500
"""Rows of one transaction; a unit that is larger is a batch of its own."""

PATIENCE = 30.0
"""Seconds that the replica may take to replay the change."""

INTERRUPTED = "stopped by Ctrl-C"

Told = Callable[[int, int], None]
"""Called after each batch with the rows looked at so far, and all."""


def apply(
    plan: Plan,
    primary: Primary,
    *,
    watched: Sequence[Invariant],
    settings: Mapping[str, object],
    replica: Session | None = None,
    patience: float = PATIENCE,
    told: Told | None = None,
) -> Applied:
    """
    Apply a plan to the primary it was made on.

    `watched` are all invariants of the system. One batch is one transaction and one journal entry;
    Ctrl-C stops between batches. Where a later batch is refused, what is committed stays, and the
    result says why the rest was not done. Raises ApplyError where nothing was changed, ProofError
    where it was rolled back because it did not prove itself, JournalError without a journal.
    """
    started = perf_counter()
    require_current(plan, primary)
    if not plan.changes:
        return Applied(name=plan.name, digest=plan.digest, seconds=perf_counter() - started)
    journal.require(primary.connection, plan.system, plan.environment)
    world = World(plan.as_of, settings)
    with observing(primary) as observer, held_back() as stop:
        witness = Witness(
            observer=observer, replica=replica, world=world, patience=patience, stop=stop
        )
        proven, slow = _split(plan, watched)
        returning = _returning(primary.connection, plan)
        earlier = late.before(witness, slow)
        work = Work(
            plan=plan,
            connection=primary.connection,
            observer=observer,
            world=world,
            watched=tuple(watched),
            proven=proven,
            returning=returning,
        )
        done, stopped = _batch_by_batch(work, stop, told or _silently)
        afterwards: list[Proof] = []
        if any(one.entry is not None for one in done):
            afterwards = late.prove(
                witness,
                _own(plan, watched) if replica else (),
                earlier,
                slow,
                targets=_mended(plan, done),
                returning=returning,
            )
            stopped = _record(primary.connection, done, afterwards) or stopped
    return _result(plan, done, afterwards, stopped, perf_counter() - started)


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


def batches(plan: Plan, size: int = BATCH) -> list[list[int]]:
    """The places of the changes, batch by batch; what belongs together stays together."""
    units: dict[int, list[int]] = {}
    for place, change in enumerate(plan.changes):
        units.setdefault(change.unit, []).append(place)
    found: list[list[int]] = []
    for unit in units.values():
        if found and len(found[-1]) + len(unit) <= size:
            found[-1] += unit
        else:
            found.append(list(unit))
    return found


def _silently(_done: int, _all: int) -> None:
    """Tell nobody."""


def _batch_by_batch(work: Work, stop: Stop, told: Told) -> tuple[list[Done], str]:
    """Run the batches until all are done, somebody asks to stop, or one is refused."""
    found = batches(work.plan)
    done: list[Done] = []
    looked_at = 0
    for number, places in enumerate(found, start=1):
        if stop.asked:
            return done, INTERRUPTED
        try:
            done.append(run(work, places, (number, len(found))))
        except TrueupError as error:
            if not any(one.entry is not None for one in done):
                raise
            return done, f"batch {number} of {len(found)}: {error}"
        looked_at += len(places)
        told(looked_at, len(work.plan.changes))
    return done, ""


def _split(
    plan: Plan, watched: Sequence[Invariant]
) -> tuple[tuple[Invariant, ...], tuple[Invariant, ...]]:
    """The invariants that prove the plan: those inside the transaction, and the late ones."""
    known = {invariant.name: invariant for invariant in watched}
    absent = [step.invariant for step in plan.proof if step.invariant not in known]
    if absent:
        raise ApplyError(
            f"the plan is to be proven by {absent[0]!r}, which is not in the catalog; plan again"
        )
    return (
        tuple(known[step.invariant] for step in plan.proof if not step.late),
        tuple(known[step.invariant] for step in plan.proof if step.late),
    )


def _returning(connection: Connection, plan: Plan) -> Mapping[str, frozenset[Key]]:
    """What an undo brings back: the violations that the entry it undoes had mended."""
    found: dict[str, frozenset[Key]] = {}
    if plan.undoes is not None:
        for proof in journal.proofs(connection, plan.undoes):
            found[proof.invariant] = found.get(proof.invariant, frozenset()) | set(proof.mended)
    return found


def _own(plan: Plan, watched: Sequence[Invariant]) -> tuple[Invariant, ...]:
    """The invariants that the fix is to mend."""
    names = {target.invariant for target in plan.targets}
    return tuple(invariant for invariant in watched if invariant.name in names)


def _mended(plan: Plan, done: Sequence[Done]) -> tuple[Target, ...]:
    """The targets whose unit was changed."""
    changed = {one.change for each in done for one in each.moved if one.change is not None}
    units = {plan.changes[place].unit for place in changed}
    return tuple(target for target in plan.targets if target.unit in units)


def _record(connection: Connection, done: Sequence[Done], proofs: Sequence[Proof]) -> str:
    """Add what was proven afterwards to each entry; the changes stand, so this never raises."""
    try:
        with refused("journal the proof"), connection.transaction():
            for one in done:
                if one.entry is not None:
                    journal.add_proofs(connection, one.entry, proofs)
    except TrueupError as error:
        return str(error)
    return ""


def _result(
    plan: Plan, done: Sequence[Done], afterwards: Sequence[Proof], stopped: str, seconds: float
) -> Applied:
    entries = tuple(one.entry for one in done if one.entry is not None)
    back = () if plan.undo else reversed(entries)
    return Applied(
        name=plan.name,
        digest=plan.digest,
        entries=entries,
        moved=tuple(row for one in done for row in one.moved),
        skipped=tuple(row for one in done for row in one.skipped),
        proofs=(*(proof for one in done for proof in one.proofs), *afterwards),
        left=tuple(target for one in done for target in one.left),
        undo=tuple(command.undo(plan.system, plan.environment, entry) for entry in back),
        stopped=stopped,
        seconds=seconds,
    )
