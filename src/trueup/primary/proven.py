"""Comparing what invariants say before and after a batch, inside its transaction."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from trueup.errors import ApplyError, ProofError
from trueup.model.invariant import Invariant
from trueup.model.plan import Target
from trueup.model.verdict import Verdict
from trueup.model.violation import Key, key_text
from trueup.primary.applied import Place, Proof
from trueup.primary.proof import World, keys, left, named, provable, tables_read
from trueup.primary.session import Connection, reading

Violating = dict[str, frozenset[Key]]
"""The keys that violate each invariant, by its name."""


ABOUT_THESE = "asked about these rows only"

Among = Mapping[str, Sequence[Key]]
"""The keys about which some invariants, by name, are asked alone."""


def violating(
    connection: Connection,
    invariants: Sequence[Invariant],
    world: World,
    among: Among = MappingProxyType({}),
) -> Violating:
    """Ask each invariant inside the transaction."""
    return {
        found.name: keys(connection, found, world, among.get(found.name)) for found in invariants
    }


def joining(
    observer: Connection,
    watched: Sequence[Invariant],
    asked: Violating,
    touched: frozenset[str],
    world: World,
) -> tuple[list[Invariant], Violating]:
    """
    The invariants that read a table which only a trigger wrote, and what they said before.

    Nobody knew of them before the change; the observer still sees the world without it.
    """
    joined = []
    before: Violating = {}
    for invariant in provable(watched):
        if invariant.name in asked:
            continue
        with reading(observer, world.permitted):
            if tables_read(observer, invariant, world) & touched:
                joined.append(invariant)
                before |= after_change(observer, [invariant], world)
    return joined, before


def require_proven(
    before: Violating,
    after: Violating,
    observer: Connection,
    invariants: Sequence[Invariant],
    world: World,
    *,
    targets: Sequence[Target],
    returning: Mapping[str, frozenset[Key]],
    among: Among = MappingProxyType({}),
) -> list[Proof]:
    """
    Require that the targets are gone and that nothing new violates; raises ProofError.

    A violation that somebody else committed meanwhile is not ours: an observer has it too. Those
    in `returning` are what an undo is bound to bring back.
    """
    complaints = []
    proofs = []
    for invariant in invariants:
        name = invariant.name
        now = after[name]
        still = now & {target.key for target in targets if target.invariant == name}
        new = now - before[name] - returning.get(name, frozenset())
        if new:
            new -= _seen_by(observer, invariant, world, among.get(name))
        if still:
            complaints.append(f"{invariant.id} would still be violated by {named(still)}")
        if new:
            complaints.append(f"{invariant.id} would be newly violated by {named(new)}")
        proofs.append(
            Proof(
                invariant=name,
                place=Place.TRANSACTION,
                verdict=Verdict.VIOLATED if now else Verdict.HOLDS,
                detail=ABOUT_THESE if name in among else left(len(now)),
                mended=tuple(sorted(before[name] - now, key=key_text)),
            )
        )
    if complaints:
        raise ProofError(f"{'; '.join(complaints)}; everything was rolled back")
    return proofs


def _seen_by(
    observer: Connection, invariant: Invariant, world: World, among: Sequence[Key] | None
) -> frozenset[Key]:
    with reading(observer, world.permitted):
        return keys(observer, invariant, world, among)


def after_change(
    connection: Connection,
    invariants: Sequence[Invariant],
    world: World,
    among: Among = MappingProxyType({}),
) -> Violating:
    """The same once rows have been changed: one that cannot tell now is a proof that failed."""
    try:
        return violating(connection, invariants, world, among)
    except ApplyError as error:
        raise ProofError(f"{error}; everything was rolled back") from None
