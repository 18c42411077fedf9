"""A plan: the changes a fix would make now, with before-images, under a digest."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field

from trueup.model.change import Alter, Alteration
from trueup.model.violation import Key

OWNER = "owner"
"""The service by whose name calls are made as the database's owner."""

Image = Mapping[str, str | None]
"""A row, or part of one: column to the text that PostgreSQL prints for its value."""


class Op(StrEnum):
    """What happens to one row."""

    UPDATE = "update"
    INSERT = "insert"
    DELETE = "delete"


class PlannedChange(Struct, frozen=True, kw_only=True):
    """
    One row's change; `before` is the whole row as planned, None for an insert.

    Changes of one unit belong together: they are made together or not at all.
    """

    op: Op
    table: str
    key: Image
    before: Image | None
    set: Image
    unit: int = 0


class PlannedSteps(Struct, frozen=True, kw_only=True):
    """What a person must do for one violation."""

    title: str
    steps: tuple[str, ...]
    verify: str


class Target(Struct, frozen=True, kw_only=True):
    """A violation that the changes of one unit are to mend: after them it must be gone."""

    invariant: str
    key: Key
    unit: int = 0


class Dependents(Struct, frozen=True, kw_only=True):
    """Rows that a foreign key drags along, or that stand in the way of a delete."""

    table: str
    constraint: str
    action: str
    rows: int


class FiringTrigger(Struct, frozen=True, kw_only=True):
    """A trigger that the changes will fire."""

    table: str
    name: str
    events: str
    function: str


class When(StrEnum):
    """When an invariant proves the changes: in each batch, in the first and late, or only late."""

    EACH = "each batch"
    FIRST = "first batch"
    LATE = "late"


class ProofStep(Struct, frozen=True, kw_only=True):
    """
    An invariant that reads a touched table, and the seconds that it took to ask.

    `keyed` says that every batch asks it about its own targets, also where not about all rows.
    """

    invariant: str
    seconds: float
    when: When
    keyed: bool = False


class Share(Struct, frozen=True, kw_only=True):
    """How many rows of a table change, those that foreign keys drag along too, of how many."""

    table: str
    rows: int
    of: int

    @property
    def percent(self) -> float:
        """The part of the table."""
        return 100 * self.rows / self.of if self.of else 100.0


class PlannedAlteration(Struct, frozen=True, kw_only=True):
    """
    One change of the schema, in its unit's transaction.

    An object whose `definition` differs by then is left alone. `locks` says what is locked, against
    whom and for how long; `warning` what else follows, where anything does.
    """

    kind: Alteration
    table: str
    name: str
    definition: str | None
    locks: str
    warning: str = ""
    unit: int = 0

    @property
    def words(self) -> str:
        """What is done to what, as people speak of it."""
        return Alter(self.kind, self.table, self.name).words


class PlannedCall(Struct, frozen=True, kw_only=True):
    """
    One request to a service outside, made once the changes of its unit are committed.

    `back` is the request that takes it back: method, path and body; None where there is none.
    """

    service: str
    method: str
    path: str
    body: Mapping[str, object] | None = None
    back: Mapping[str, object] | None = None
    unit: int = 0

    @property
    def words(self) -> str:
        """The request without its body, as people speak of it."""
        return f"{self.method} {self.service}:{self.path}"


class Approval(Struct, frozen=True, kw_only=True):
    """Somebody else's word for a plan with this digest."""

    by: str
    at: datetime
    digest: str
    note: str = ""


class Database(Struct, frozen=True, kw_only=True):
    """Which database a plan was made on: the cluster's system identifier and the name."""

    system_identifier: str
    name: str


class Skipped(Struct, frozen=True, kw_only=True):
    """A row that is left alone, and why: gone, moved, no longer violating, locked."""

    table: str
    key: Image
    reason: str


class Plan(Struct, frozen=True, kw_only=True):
    """
    Everything that apply needs, and nothing that it has to ask again.

    Changes, targets, calls and alterations are in the order of their units. `undoes` is the journal
    entry that an undo reverses. `undo` says why there is none, for a fix that cannot be undone. The
    digest covers every other field but the approvals, which are given to it. `printable` has, by
    table, the columns of which a page may show values.
    """

    system: str
    fix: str
    environment: str
    code: str
    database: Database
    as_of: datetime
    made: datetime
    expires: datetime
    by: str
    reason: str
    at_most: int
    targets: Sequence[Target]
    changes: Sequence[PlannedChange]
    calls: Sequence[PlannedCall] = ()
    alterations: Sequence[PlannedAlteration] = ()
    steps: tuple[PlannedSteps, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    dependents: tuple[Dependents, ...] = ()
    triggers: tuple[FiringTrigger, ...] = ()
    proof: tuple[ProofStep, ...] = ()
    undoes: int | None = None
    undo: str | None = None
    shares: tuple[Share, ...] = ()
    printable: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    digest: str = ""
    approvals: tuple[Approval, ...] = ()

    @property
    def name(self) -> str:
        """System and fix, as the command line names them."""
        return f"{self.system}.{self.fix}"

    @property
    def title(self) -> str:
        """Its name, and of an undo the entry that it takes back."""
        return self.name if self.undoes is None else f"undo of entry {self.undoes}, {self.name}"

    @property
    def size(self) -> int:
        """How many changes it makes, of rows and of the schema, and how many calls."""
        return len(self.changes) + len(self.calls) + len(self.alterations)

    @property
    def does_something(self) -> bool:
        """Whether applying it would change anything, here or outside."""
        return self.size > 0

    @property
    def wants_owner(self) -> bool:
        """Whether it is applied as the database's owner, and not as the fixer."""
        return bool(self.alterations) or any(one.service == OWNER for one in self.calls)
