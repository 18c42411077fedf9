"""Proof that takes its time: what invariants say once the changes are committed."""

import time
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from msgspec import Struct

from trueup.errors import ReplicaError
from trueup.evaluate import PROVEN, evaluate
from trueup.model.invariant import Invariant
from trueup.model.verdict import Outcome, Verdict
from trueup.model.violation import Key, key_text
from trueup.primary.applied import Place, Proof
from trueup.primary.interrupt import Stop
from trueup.primary.proof import World, keys_in, left, named
from trueup.primary.session import Connection, reading
from trueup.replica.session import Session

LOOK_EVERY = 0.02

FOLLOW_EVERY = 0.25
"""Seconds between two looks at how far behind the replica is."""

_INSERTED = "select pg_current_wal_insert_lsn()::text"

_WRITTEN = "select pg_logical_emit_message(true, 'trueup', '')::text"
"""
A place in the log that is behind all commits so far, and that its own commit flushes.

The log's insert and flush positions may be inside a record that waits for the next commit.
"""

_REPLAYED = """
    select coalesce(pg_last_wal_replay_lsn() >= cast(:lsn as pg_lsn), true) as there
"""
"""A primary replays nothing and has all that it wrote."""


class Witness(Struct, kw_only=True):
    """
    Who is asked afterwards: the replica, or where there is none the primary's observer.

    `written` is what the primary had written when the replica was last followed.
    """

    observer: Connection
    replica: Session | None
    world: World
    patience: float
    stop: Stop
    written: str = ""
    followed: float = 0.0

    @property
    def place(self) -> Place:
        """Where that is."""
        return Place.PRIMARY if self.replica is None else Place.REPLICA

    def says(self, invariant: Invariant) -> Outcome:
        """The verdict, every violation named; unknown where it could not be asked."""
        try:
            self.world.list_anew(invariant)
            source = (
                reading(self.observer, self.world.permitted)
                if self.replica is None
                else self.replica.reading()
            )
            with source as reader:
                resources = self.world.resources(reader)
                return evaluate(invariant, resources, PROVEN)
        except ReplicaError as error:
            return Outcome(verdict=Verdict.UNKNOWN, reason=str(error))

    def catch_up(self) -> str:
        """Wait until the replica has all that the primary wrote; gives why not, or nothing."""
        if self.replica is None:
            return ""
        return self._wait_for(self.replica, self._position(_WRITTEN))

    def follow(self) -> str:
        """
        Wait until the replica has what the primary had written when this was last asked.

        So the replica is never more than two batches behind; gives why it is, or nothing.
        """
        if self.replica is None:
            return ""
        now = time.monotonic()
        if now < self.followed + FOLLOW_EVERY:
            return ""
        earlier, self.written = self.written, self._position(_INSERTED)
        self.followed = now
        return self._wait_for(self.replica, earlier) if earlier else ""

    def _wait_for(self, replica: Session, lsn: str) -> str:
        deadline = time.monotonic() + self.patience
        try:
            while not self._has(replica, lsn):
                if self.stop.asked:
                    return "the replica was not waited for"
                if time.monotonic() >= deadline:
                    return f"the replica had not replayed it after {self.patience:g} s"
                time.sleep(LOOK_EVERY)
        except ReplicaError as error:
            return str(error)
        return ""

    def _position(self, question: str) -> str:
        row = self.observer.execute(question.encode()).fetchone()
        return str(row[0]) if row else "0/0"

    @staticmethod
    def _has(replica: Session, lsn: str) -> bool:
        with replica.reading() as reader:
            return all(row["there"] for row in reader.rows(_REPLAYED, lsn=lsn))


class Said(Struct, frozen=True):
    """What an invariant said before the changes: the keys that violated it, or why nobody knows."""

    keys: frozenset[Key]
    unknown: str = ""


def before(witness: Witness, late: Sequence[Invariant]) -> dict[str, Said]:
    """What the late invariants say while nothing has been changed and no lock is held."""
    if late:
        witness.catch_up()
    return {invariant.name: _said(witness.says(invariant)) for invariant in late}


def _said(outcome: Outcome) -> Said:
    unknown = outcome.reason if outcome.verdict is Verdict.UNKNOWN else ""
    return Said(keys_in(outcome), unknown)


def prove(
    witness: Witness,
    own: Sequence[Invariant],
    earlier: Mapping[str, Said],
    late: Sequence[Invariant],
    *,
    mended: Mapping[str, AbstractSet[Key]],
    returning: Mapping[str, frozenset[Key]],
    told: AbstractSet[str] = frozenset(),
) -> list[Proof]:
    """
    Ask the fix's own invariants, and the late ones, about the committed change.

    The own ones were proven in the transaction already, where they are not late themselves; an
    unknown of theirs is no failure, an unknown of a late one is. Of those that are `told`, each
    batch has journaled what it mended: that need not be said again.
    """
    behind = witness.catch_up()
    said: Callable[[Invariant], Outcome] = (
        (lambda _: Outcome(verdict=Verdict.UNKNOWN, reason=behind)) if behind else witness.says
    )
    proofs = []
    for name, invariant in {found.name: found for found in (*own, *late)}.items():
        compared = _Compared(
            earlier.get(name),
            mended.get(name, frozenset()),
            returning.get(name, frozenset()),
            is_told=name in told,
        )
        proofs.append(compared.proof(name, witness.place, said(invariant)))
    return proofs


class _Compared(Struct, frozen=True):
    """What a verdict is held against: the earlier one, the targets, and what an undo may bring."""

    was: Said | None
    wanted: AbstractSet[Key]
    allowed: frozenset[Key]
    is_told: bool

    def proof(self, name: str, place: Place, now: Outcome) -> Proof:
        """The proof that it makes."""
        said = _said(now)
        unknown = said.unknown or (self.was.unknown if self.was else "")
        if unknown:
            return Proof(
                invariant=name,
                place=place,
                verdict=Verdict.UNKNOWN,
                detail=unknown,
                failed=self.was is not None,
            )
        before = self.was.keys if self.was else said.keys
        still = said.keys & self.wanted
        new = said.keys - before - self.allowed
        rest = len(said.keys - still - new)
        gone = before - said.keys
        parts = (
            (still, f"still violated by {named(still)}"),
            (new, f"newly violated by {named(new)}"),
            (rest, left(rest)),
        )
        return Proof(
            invariant=name,
            place=place,
            verdict=now.verdict,
            detail="; ".join(words for there, words in parts if there),
            failed=bool(still or new),
            mended=tuple(sorted(gone - self.wanted if self.is_told else gone, key=key_text)),
        )
