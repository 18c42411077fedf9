"""What came of a plan: the rows that moved, what was left alone, and what was proven."""

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct, field

from trueup.model.change import Alter, Alteration
from trueup.model.plan import Image, Op, Skipped, Target
from trueup.model.verdict import Verdict
from trueup.model.violation import Key
from trueup.primary.listed import Listed

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
    DIVERGED = "changed since, and not overwritten"
    TOGETHER = "belongs to a row that is left alone"


NOTHING_LEFT = frozenset({Reason.GONE, Reason.ALREADY, Reason.NO_LONGER})
"""Reasons after which nothing is left to be done."""


class Moved(Struct, kw_only=True):
    """One row as it was and as it is; `change` is the place in the plan, None for a side effect."""

    op: Op
    table: str
    cause: Cause
    key: Image
    before: Image | None
    after: Image | None
    change: int | None = None


class Altered(Struct, frozen=True, kw_only=True):
    """An alteration that was made, its place in the plan, and its object before and after."""

    place: int
    kind: Alteration
    table: str
    name: str
    before: str | None
    after: str | None

    @property
    def words(self) -> str:
        """What was done to what, as people speak of it."""
        return Alter(self.kind, self.table, self.name).words


class State(StrEnum):
    """How far a call has come; one that is *begun* may or may not have been made."""

    INTENDED = "intended"
    BEGUN = "begun"
    DONE = "done"
    FAILED = "failed"


class Called(Struct, frozen=True, kw_only=True):
    """What came of one call."""

    words: str
    state: State
    detail: str = ""


class Proof(Struct, frozen=True, kw_only=True):
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
    mended: tuple[Key, ...] = ()


def moved_kind(one: Moved) -> tuple[str, Op, Cause]:
    """What a summary says of a row that moved."""
    return one.table, one.op, one.cause


def skipped_kind(one: Skipped) -> tuple[str, str]:
    """What a summary says of a row that was left alone."""
    return one.table, one.reason


def altered_kind(one: Altered) -> Alteration:
    """What a summary says of an alteration."""
    return one.kind


def called_kind(one: Called) -> State:
    """What a summary says of a call."""
    return one.state


def target_kind(one: Target) -> str:
    """What a summary says of a violation."""
    return one.invariant


class Applied(Struct, kw_only=True):
    """
    The result of applying a plan, batch by batch; each batch that changed anything is an entry.

    `changed` counts the plan's own changes that were made, `moved` all rows that changed by them.
    `left` names violations that the plan was to mend and that are still there. `proofs` has what
    each invariant said last. `undo` has the commands that take the entries back, the last first.
    `stopped` says why later batches were not tried; empty where all were.
    """

    title: str
    digest: str
    planned: int = 0
    changed: int = 0
    entries: list[int] = field(default_factory=list)
    moved: Listed[Moved, tuple[str, Op, Cause]] = field(default_factory=lambda: Listed(moved_kind))
    skipped: Listed[Skipped, tuple[str, str]] = field(default_factory=lambda: Listed(skipped_kind))
    altered: Listed[Altered, Alteration] = field(default_factory=lambda: Listed(altered_kind))
    calls: Listed[Called, State] = field(default_factory=lambda: Listed(called_kind))
    left: Listed[Target, str] = field(default_factory=lambda: Listed(target_kind))
    proofs: Sequence[Proof] = ()
    undo: tuple[str, ...] = ()
    stopped: str = ""
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        """0 where nothing is left to do, 3 where something is, or could not be proven late."""
        undone = any(reason not in NOTHING_LEFT for _, reason in self.skipped.counts)
        unproven = any(one.failed for one in self.proofs)
        uncalled = any(state is not State.DONE for state in self.calls.counts)
        unfinished = self.stopped or self.left or undone or unproven or uncalled
        return PARTLY if unfinished else DONE
