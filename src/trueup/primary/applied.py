"""What came of a plan: the rows that moved, what was left alone, and what was proven."""

from dataclasses import dataclass
from enum import StrEnum

from trueup.model.plan import Image, Op, Skipped, Target
from trueup.model.verdict import Verdict

DONE, PARTLY = 0, 3


class Cause(StrEnum):
    """Why a row moved: the plan says so, a foreign key dragged it along, or a trigger did it."""

    CHANGE = "change"
    CASCADE = "cascade"
    TRIGGER = "trigger"


class Place(StrEnum):
    """Where an invariant was asked."""

    TRANSACTION = "transaction"
    REPLICA = "replica"
    PRIMARY = "primary"


class Reason(StrEnum):
    """Why a planned row was left alone."""

    GONE = "gone"
    MOVED = "changed since the plan"
    LOCKED = "locked by somebody else"
    ALREADY = "changed already"
    NO_LONGER = "no longer violates"
    TOGETHER = "belongs to a row that is left alone"


NOTHING_LEFT = frozenset({Reason.GONE, Reason.ALREADY, Reason.NO_LONGER})
"""Reasons after which nothing is left to be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One row as it was and as it is; `change` is the place in the plan, None for a side effect."""

    op: Op
    table: str
    cause: Cause
    key: Image
    before: Image | None
    after: Image | None
    change: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """
    What one invariant said after the change.

    `failed` is True where the change broke it or did not mend what it was to mend; `mended` has
    the keys that violated before and do no longer.
    """

    invariant: str
    place: Place
    verdict: Verdict
    detail: str = ""
    failed: bool = False
    mended: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """
    The result of applying a plan, batch by batch; each batch that changed anything is an entry.

    `left` names violations that the plan was to mend and that are still there. `undo` has the
    commands that take the entries back, the last first. `stopped` says why later batches were not
    tried; empty where all were.
    """

    name: str
    digest: str
    entries: tuple[int, ...] = ()
    moved: tuple[Moved, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    proofs: tuple[Proof, ...] = ()
    left: tuple[Target, ...] = ()
    undo: tuple[str, ...] = ()
    stopped: str = ""
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        """0 where nothing is left to do, 3 where something is, or could not be proven late."""
        undone = any(one.reason not in NOTHING_LEFT for one in self.skipped)
        unproven = any(one.failed for one in self.proofs)
        return PARTLY if self.stopped or self.left or undone or unproven else DONE
