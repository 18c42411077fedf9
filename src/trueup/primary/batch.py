"""One batch of a plan: locked, compared, changed, proven and journaled in one transaction."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from psycopg import Rollback

from trueup.errors import ApplyError
from trueup.model.invariant import Invariant
from trueup.model.plan import Op, Plan, ProofStep, Skipped, Target, When
from trueup.model.violation import Key
from trueup.primary import carry, effects, journal, pace, references
from trueup.primary.applied import Cause, Moved, Proof, Reason
from trueup.primary.consequences import dragged_by
from trueup.primary.dragged import Dragged, counted
from trueup.primary.effects import Known
from trueup.primary.images import LOCKED
from trueup.primary.locking import Planned, by_table, compared
from trueup.primary.pieces import Piece
from trueup.primary.proof import World
from trueup.primary.proven import (
    Violating,
    after_change,
    joining,
    require_proven,
    violating,
)
from trueup.primary.session import Connection
from trueup.primary.tables import Action, Tables
from trueup.primary.trouble import refused

_ALONE = "select pg_try_advisory_xact_lock(hashtextextended(%s, 0))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """
    What every batch of a plan needs.

    `watched` are all invariants of the system; `returning` are the violations that an undo brings
    back; `dragged` counts, over all batches, what foreign keys took along; `by` is who applies.
    """

    plan: Plan
    connection: Connection
    observer: Connection
    world: World
    watched: Sequence[Invariant]
    returning: Mapping[str, frozenset[Key]]
    by: str
    dragged: Counter[tuple[str, str]] = field(default_factory=Counter)


@dataclass(slots=True)
class Done:
    """
    What came of one batch: `entry` is None where nothing was changed.

    `before` is what violated the invariants that prove it, `mended` what its changes were to mend;
    `waited_for` says that somebody waited for its locks, which were held for so many `seconds`.
    """

    entry: int | None = None
    before: Violating = field(default_factory=dict)
    moved: list[Moved] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    proofs: list[Proof] = field(default_factory=list)
    mended: list[Target] = field(default_factory=list)
    left: list[Target] = field(default_factory=list)
    waited_for: bool = False
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class _Jury:
    """The invariants that prove a batch, and those of them that are asked about its keys alone."""

    asked: Sequence[Invariant]
    among: Mapping[str, Sequence[Key]]


def run(work: Work, piece: Piece, number: int, *, first: bool) -> Done:
    """Apply a piece of the plan; nothing was changed before the `first`, which all must prove."""
    done = Done()
    started = time.perf_counter()
    connection = work.connection
    with refused("apply the plan"), connection.transaction():
        _require_alone(work)
        began = effects.counts(connection)
        tables = Tables(connection)
        jury = _jury(work, piece, first=first)
        kept = _kept(work, tables, piece, jury, done)
        if not kept:
            raise Rollback
        known = _change(work, tables, kept)
        connection.execute("set constraints all immediate")
        written = effects.counts(connection) - began
        done.moved = effects.moved(connection, work.observer, tables, known, written)
        if work.plan.undoes is not None:
            references.verify(connection, tables, done.moved)
        units = {one.change.unit for one in kept}
        done.mended = [target for target in piece.targets if target.unit in units]
        done.proofs, after = _prove(work, tables, done, jury)
        done.left = _still([one for one in piece.targets if one.invariant in after], after)
        done.entry = journal.add(connection, work.plan, number, work.by, done.moved)
        journal.add_proofs(connection, [done.entry], done.proofs)
        done.waited_for = pace.waited_for(work.observer, connection.info.backend_pid)
    done.seconds = time.perf_counter() - started
    return done


def _kept(work: Work, tables: Tables, piece: Piece, jury: "_Jury", done: Done) -> list[Planned]:
    """Lock the rows, ask the invariants, and keep the changes that are still to be made."""
    planned = by_table(tables, piece.changes)
    reasons = compared(work.connection, planned, _made(work, planned))
    done.before = violating(work.connection, jury.asked, work.world, jury.among)
    targets = [target for target in piece.targets if target.invariant in done.before]
    _leave_units(planned, targets, done.before, reasons)
    done.skipped = [_skipped(one, reasons[one.place]) for one in planned if one.place in reasons]
    done.left = _still(targets, done.before)
    return [one for one in planned if one.place not in reasons]


def _require_alone(work: Work) -> None:
    row = work.connection.execute(_ALONE, [f"trueup:{work.plan.system}"]).fetchone()
    if not (row and row[0]):
        raise ApplyError(
            f"somebody else is mending {work.plan.system} at this moment; nothing was changed,"
            " run it again when they are done"
        )


def _made(work: Work, planned: Sequence[Planned]) -> frozenset[int]:
    """The places of inserts without a key of ours that the journal has already."""
    nameless = [one.place for one in planned if one.change.op is Op.INSERT and not one.change.key]
    return journal.made(work.connection, work.plan.digest, nameless) if nameless else frozenset()


def _jury(work: Work, piece: Piece, *, first: bool) -> _Jury:
    """Those that prove each batch, or the first; elsewhere those that tell by key."""
    known = {invariant.name: invariant for invariant in work.watched}
    asked: list[Invariant] = []
    among: dict[str, Sequence[Key]] = {}
    for step in work.plan.proof:
        if _proves(step, first=first):
            asked.append(known[step.invariant])
        elif step.keyed:
            asked.append(known[step.invariant])
            among[step.invariant] = [
                target.key for target in piece.targets if target.invariant == step.invariant
            ]
    return _Jury(asked, among)


def _proves(step: ProofStep, *, first: bool) -> bool:
    return step.when is When.EACH or (step.when is When.FIRST and first)


def _leave_units(
    planned: Sequence[Planned],
    targets: Sequence[Target],
    before: Violating,
    reasons: dict[int, Reason],
) -> None:
    """Leave a whole unit alone where one of its rows is, or where it no longer violates."""
    spoilt = {
        one.change.unit: Reason.TOGETHER
        for one in planned
        if reasons.get(one.place, Reason.ALREADY) is not Reason.ALREADY
    }
    for target in targets:
        if target.key not in before[target.invariant]:
            spoilt.setdefault(target.unit, Reason.NO_LONGER)
    for one in planned:
        if one.change.unit in spoilt:
            reasons.setdefault(one.place, spoilt[one.change.unit])


def _change(work: Work, tables: Tables, kept: Sequence[Planned]) -> list[Known]:
    """Make the changes, and say what else foreign keys will have changed with them."""
    changes = [one.change for one in kept]
    found = dragged_by(work.connection, tables, changes, LOCKED)
    _require_as_planned(work, found.dragged, found.blocked)
    undoing = work.plan.undoes is not None
    quiet = undoing and references.may_be_quiet(work.connection, [one.table for one in kept])
    if quiet:
        work.connection.execute("set local session_replication_role = replica")
    known = carry.out(work.connection, tables, kept, first=found.together, as_they_were=undoing)
    if quiet:
        work.connection.execute("set local session_replication_role = origin")
    return [_dragged(one) for one in reversed(found.dragged)] + known


def _require_as_planned(work: Work, dragged: Sequence[Dragged], blocked: Sequence[Dragged]) -> None:
    """Refuse to drag along more than whoever read the plan has agreed to."""
    if blocked:
        one = counted(blocked)[0]
        raise ApplyError(
            f"{one.rows:,} rows of {one.table} have come in the way ({one.constraint});"
            " nothing was changed, plan again"
        )
    work.dragged.update((one.table.label, one.key.name) for one in dragged)
    agreed = {(one.table, one.constraint): one.rows for one in work.plan.dependents}
    for name, rows in work.dragged.items():
        if rows > agreed.get(name, 0):
            raise ApplyError(
                f"{rows:,} rows of {name[0]} would be dragged along ({name[1]}), and the plan says"
                f" {agreed.get(name, 0):,}; nothing was changed, plan again"
            )


def _dragged(one: Dragged) -> Known:
    gone = one.key.on_delete is Action.CASCADE
    if not gone and not one.table.key:
        raise ApplyError(
            f"rows of {one.table.label} would lose their parent ({one.key.name}), and without a"
            " primary key they could not be named in the journal; nothing was changed"
        )
    key = tuple(one.before[name] for name in one.table.key)
    op = Op.DELETE if gone else Op.UPDATE
    return Known(one.table, key, one.before, op, Cause.CASCADE)


def _prove(work: Work, tables: Tables, done: Done, jury: _Jury) -> tuple[list[Proof], Violating]:
    """Ask again, and also the invariants of tables that only a trigger wrote."""
    expected = {one.table for one in done.moved if one.cause is not Cause.TRIGGER}
    expected |= {one.table for one in work.plan.dependents}
    surprising = {one.table for one in done.moved} - expected
    touched = {name for label in surprising for name in tables.names_of(tables.labelled(label))}
    invariants = list(jury.asked)
    before = done.before
    if touched:
        known = before | dict.fromkeys((step.invariant for step in work.plan.proof), frozenset())
        joined, earlier = joining(
            work.observer, work.watched, known, frozenset(touched), work.world
        )
        invariants += joined
        before = before | earlier
    after = after_change(work.connection, invariants, work.world, jury.among)
    proofs = require_proven(
        before,
        after,
        work.observer,
        invariants,
        work.world,
        targets=done.mended,
        returning=work.returning,
        among=jury.among,
    )
    return proofs, after


def _still(targets: Sequence[Target], violating: Violating) -> list[Target]:
    return [target for target in targets if target.key in violating[target.invariant]]


def _skipped(one: Planned, reason: Reason) -> Skipped:
    return Skipped(table=one.change.table, key=one.change.key, reason=str(reason))
