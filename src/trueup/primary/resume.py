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
    Make the calls of an entry that are not made, and ask again the invariants that proved it.

    They are asked where a call was made, or where nobody has asked since the commit. What is
    finished already is left alone, so that it can be run again. Raises JournalError for an entry
    that is not there, ApplyError for a service that is not.
    """
    entry = journal.entry(connection, system, number)
    applied = Applied(title=f"{system}.{entry.fix}", digest=entry.digest, planned=entry.planned)
    applied.calls.add(caller.make(call_journal.of_entry(connection, number)))
    recorded = journal.proofs(connection, number)
    asked = any(one.place != Place.TRANSACTION for one in recorded)
    proofs = [] if asked and not applied.calls else _late(witness, watched, recorded)
    with refused("journal the proof"), connection.transaction():
        journal.add_proofs(connection, [number], proofs)
    applied.proofs = proofs
    return applied


def _late(
    witness: Witness, watched: Sequence[Invariant], recorded: Sequence[Recorded]
) -> list[Proof]:
    """Ask those that proved the entry before its commit."""
    mended: Mapping[str, frozenset[Key]] = {
        one.invariant: frozenset(one.mended) for one in recorded if one.place == Place.TRANSACTION
    }
    own = [found for found in watched if found.name in mended]
    return late.prove(witness, own, {}, (), mended=mended, returning={}) if own else []
