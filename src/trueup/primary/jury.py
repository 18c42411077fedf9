"""Who proves a batch: each invariant that has a say, about all rows or about the batch's own."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from trueup.model.invariant import Invariant
from trueup.model.plan import ProofStep, When
from trueup.model.violation import Key
from trueup.primary.applied import Cause, Proof
from trueup.primary.pieces import Piece
from trueup.primary.proven import Violating, after_change, joining, require_proven
from trueup.primary.tables import Tables
from trueup.primary.work import Done, Work


class Jury(Struct, frozen=True):
    """The invariants that prove a batch, and those of them that are asked about its keys alone."""

    asked: Sequence[Invariant]
    among: Mapping[str, Sequence[Key]]


def choose(work: Work, piece: Piece, *, first: bool) -> Jury:
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
    return Jury(asked, among)


def _proves(step: ProofStep, *, first: bool) -> bool:
    return step.when is When.EACH or (step.when is When.FIRST and first)


def prove(work: Work, tables: Tables, done: Done, jury: Jury) -> tuple[list[Proof], Violating]:
    """
    Ask again, and also the invariants of tables that only a trigger wrote.

    What is mended by a call outside, the units that are `called`, cannot be seen here yet.
    """
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
        targets=[target for target in done.mended if target.unit not in done.called],
        returning=work.returning,
        among=jury.among,
    )
    return proofs, after
