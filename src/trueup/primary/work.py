"""What every batch of a plan needs, and what came of one."""

from collections import Counter
from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from trueup.model.invariant import Invariant
from trueup.model.plan import Plan, Skipped, Target
from trueup.model.violation import Key
from trueup.primary.applied import Altered, Moved, Proof
from trueup.primary.proof import World
from trueup.primary.proven import Violating
from trueup.primary.session import Connection


class Work(Struct, frozen=True, kw_only=True):
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
    dragged: Counter[tuple[str, str, str]] = field(default_factory=Counter)


class Done(Struct):
    """
    What came of one batch: `entry` is None where nothing was changed.

    `before` is what violated the invariants that prove it, `mended` what its changes were to mend;
    `waited_for` says that somebody waited for its locks, which were held for so many `seconds`;
    `calls` is how many calls it makes necessary, for the units that are `called`.
    """

    entry: int | None = None
    before: Violating = field(default_factory=dict)
    moved: list[Moved] = field(default_factory=list)
    altered: list[Altered] = field(default_factory=list)
    calls: int = 0
    called: frozenset[int] = frozenset()
    skipped: list[Skipped] = field(default_factory=list)
    proofs: list[Proof] = field(default_factory=list)
    mended: list[Target] = field(default_factory=list)
    left: list[Target] = field(default_factory=list)
    waited_for: bool = False
    seconds: float = 0.0
