"""Finishing an entry that was interrupted after its commit: its calls, and its late proof."""

from collections.abc import Mapping, Sequence

from trueup.model.invariant import Invariant
from trueup.model.violation import Key
from trueup.primary import call_journal, journal, late
from trueup.primary.applied import Applied, Place, Proof
from trueup.primary.calls import Caller
from trueup.primary.journal import Recorded
from trueup.primary.late import Witness
from trueup.primary.session import Connection
from trueup.primary.trouble import refused


def resume(
    connection: Connection,
    system: str,
    number: int,
    *,
    watched: Sequence[Invariant],
    caller: Caller,
    witness: Witness,
) -> Applied:
    """
    Make the calls of an entry that are not made, and ask what nobody has asked since its commit.

    What is finished already is left alone, so that it can be run again. Raises JournalError for an
    entry that is not there, ApplyError for a service that is not.
    """
    entry = journal.entry(connection, system, number)
    applied = Applied(name=f"{system}.{entry.fix}", digest=entry.digest, planned=entry.planned)
    applied.calls.add(caller.make(call_journal.of_entry(connection, number)))
    proofs = _late(witness, watched, journal.proofs(connection, number))
    with refused("journal the proof"), connection.transaction():
        journal.add_proofs(connection, [number], proofs)
    applied.proofs = proofs
    return applied


def _late(
    witness: Witness, watched: Sequence[Invariant], recorded: Sequence[Recorded]
) -> list[Proof]:
    """Ask those that proved the entry before its commit, and that nobody asked after it."""
    after = {one.invariant for one in recorded if one.place != Place.TRANSACTION}
    before = {one.invariant for one in recorded if one.place == Place.TRANSACTION}
    unasked = [found for found in watched if found.name in before - after]
    mended: Mapping[str, frozenset[Key]] = {
        one.invariant: frozenset(one.mended) for one in recorded if one.place == Place.TRANSACTION
    }
    return late.prove(witness, unasked, {}, (), mended=mended, returning={}) if unasked else []
