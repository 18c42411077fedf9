"""A verdict: what a run says of one invariant."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from msgspec import Struct, field

from trueup.model.violation import Key, Violation


class Verdict(StrEnum):
    """Unknown is a verdict of its own: could not look is neither a pass nor a violation."""

    HOLDS = "holds"
    VIOLATED = "violated"
    WAIVED = "waived"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not applicable"


class Outcome(Struct, frozen=True, kw_only=True):
    """
    The verdict on one invariant and what it rests on.

    `violations` holds raw rows and never leaves the process; `count` may be larger where the rows
    were cut at a cap, and then `counted_all` is False. `printable` names the columns whose type is
    safe to print. `judged` says how many rows of each relation in `over` there were. `snapshot` is
    what pg_current_snapshot() said; `transient`, that another try may see more. `bare` has the keys
    where nothing else of the violations was asked for, and then there are no `violations`.
    """

    verdict: Verdict
    reason: str = ""
    remedy: str = ""
    violations: Sequence[Violation] = ()
    count: int = 0
    counted_all: bool = True
    printable: frozenset[str] = frozenset()
    judged: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    sql: Sequence[str] = ()
    snapshot: str = ""
    transient: bool = False
    bare: frozenset[Key] | None = None
