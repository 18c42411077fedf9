"""Proof that takes its time: what invariants say once the changes are committed."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from trueup.errors import ReplicaError
from trueup.evaluate import evaluate
from trueup.model.invariant import Invariant
from trueup.model.plan import Target
from trueup.model.verdict import Outcome, Verdict
from trueup.model.violation import Key
from trueup.primary.applied import Place, Proof
from trueup.primary.interrupt import Stop
from trueup.primary.proof import World, keys_in, left, named
from trueup.primary.session import Connection, reading
from trueup.replica.session import Session

LOOK_EVERY = 0.02

_WRITTEN = "select pg_logical_emit_message(true, 'trueup', '')::text"
"""
A place in the log that is behind all commits so far, and that its own commit flushes.

The log's insert and flush positions may be inside a record that waits for the next commit.
"""

_REPLAYED = """
    select coalesce(pg_last_wal_replay_lsn() >= cast(:lsn as pg_lsn), true) as there
"""
"""A primary replays nothing and has all that it wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """Who is asked afterwards: the replica, or where there is none the primary's observer."""

    observer: Connection
    replica: Session | None
    world: World
    patience: float
    stop: Stop

    @property
    def place(self) -> Place:
        """Where that is."""
        return Place.PRIMARY if self.replica is None else Place.REPLICA

    def says(self, invariant: Invariant) -> Outcome:
        """The verdict, every violation named; unknown where it could not be asked."""
        try:
            source = reading(self.observer) if self.replica is None else self.replica.reading()
            with source as reader:
                resources = self.world.resources(reader)
                return evaluate(invariant, resources, judge=False, cap=None)
        except ReplicaError as error:
            return Outcome(verdict=Verdict.UNKNOWN, reason=str(error))

    def catch_up(self) -> str:
        """Wait until the replica has all that the primary wrote; gives why not, or nothing."""
        if self.replica is None:
            return ""
        row = self.observer.execute(_WRITTEN).fetchone()
        deadline = time.monotonic() + self.patience
        try:
            while not self._has(self.replica, str(row[0]) if row else "0/0"):
                if self.stop.asked:
                    return "the replica was not waited for"
                if time.monotonic() >= deadline:
                    return f"the replica had not replayed it after {self.patience:g} s"
                time.sleep(LOOK_EVERY)
        except ReplicaError as error:
            return str(error)
        return ""

    @staticmethod
    def _has(replica: Session, lsn: str) -> bool:
        with replica.reading() as reader:
            return all(row["there"] for row in reader.rows(_REPLAYED, lsn=lsn))


def before(witness: Witness, late: Sequence[Invariant]) -> Mapping[str, Outcome]:
    """What the late invariants say while nothing has been changed and no lock is held."""
    if late:
        witness.catch_up()
    return {invariant.name: witness.says(invariant) for invariant in late}


def prove(
    witness: Witness,
    own: Sequence[Invariant],
    earlier: Mapping[str, Outcome],
    late: Sequence[Invariant],
    *,
    targets: Sequence[Target],
    returning: Mapping[str, frozenset[Key]],
) -> list[Proof]:
    """
    Ask the fix's own invariants, and the late ones, about the committed change.

    The own ones were proven in the transaction already, where they are not late themselves; an
    unknown of theirs is no failure, an unknown of a late one is.
    """
    behind = witness.catch_up()
    said: Callable[[Invariant], Outcome] = (
        (lambda _: Outcome(verdict=Verdict.UNKNOWN, reason=behind)) if behind else witness.says
    )
    proofs = []
    for name, invariant in {found.name: found for found in (*own, *late)}.items():
        compared = _Compared(
            earlier.get(name),
            frozenset(target.key for target in targets if target.invariant == name),
            returning.get(name, frozenset()),
        )
        proofs.append(compared.proof(name, witness.place, said(invariant)))
    return proofs


@dataclass(frozen=True, slots=True)
class _Compared:
    """What a verdict is held against: the earlier one, the targets, and what an undo may bring."""

    was: Outcome | None
    wanted: frozenset[Key]
    allowed: frozenset[Key]

    def proof(self, name: str, place: Place, now: Outcome) -> Proof:
        """The proof that it makes."""
        for said in (now, self.was):
            if said is not None and said.verdict is Verdict.UNKNOWN:
                return Proof(
                    invariant=name,
                    place=place,
                    verdict=Verdict.UNKNOWN,
                    detail=said.reason,
                    failed=self.was is not None,
                )
        before = keys_in(self.was) if self.was else keys_in(now)
        still = keys_in(now) & self.wanted
        new = keys_in(now) - before - self.allowed
        rest = len(keys_in(now) - still - new)
        said_of = (
            (still, f"still violated by {named(still)}"),
            (new, f"newly violated by {named(new)}"),
            (rest, left(rest)),
        )
        return Proof(
            invariant=name,
            place=place,
            verdict=now.verdict,
            detail="; ".join(words for there, words in said_of if there),
            failed=bool(still or new),
            mended=tuple(sorted(before - keys_in(now))),
        )
