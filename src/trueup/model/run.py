"""A run: one execution of the suite as of one instant, in a form that is safe to publish."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct, field

from trueup.model.cost import CostRecord
from trueup.model.verdict import Verdict

VIOLATED, UNKNOWN = 1, 6
"""Exit codes of a run; pytest's own 1 is that of a test that failed."""

Instant = Annotated[datetime, Meta(tz=True)]
"""An instant that says its offset; without one nobody can tell which it is."""

Cell = str | int | float | bool | None
"""One value of a violation as a report may print it: text, number, or masked."""


class FixRecord(Struct, frozen=True, kw_only=True):
    """
    A fix as a report names it; `undo` says why there is none, where there is none.

    With `steps` its command prints what a person must do, and there is nothing to undo.
    """

    name: str
    path: str
    summary: str
    command: str
    undo: str | None = None
    steps: bool = False


class WaiverRecord(Struct, frozen=True, kw_only=True):
    """
    A waiver as it bore on a run; without `keys` it speaks of all violations of its invariant.

    `matched` is how many violations it speaks of; those of an expired one count again.
    """

    invariant: str
    keys: tuple[str, ...] | None
    reason: str
    owner: str
    approver: str
    last_day: date
    zone: str
    environment: str | None = None
    expired: bool = False
    matched: int = 0


class Change(StrEnum):
    """What became of an invariant since it was last looked at; an unknown changes nothing."""

    NEW = "new"
    ONGOING = "ongoing"
    RESOLVED = "resolved"
    NONE = ""


class Past(Struct, frozen=True, kw_only=True):
    """
    One invariant in the run's `earlier` runs, in their order; None where a run did not have it.

    `since` is when it was first found violated without a break, up to this run, or up to the last
    look where it was resolved or could not be looked at. `added` and `gone` count the violations,
    by key, that the last look did not have and no longer has; `first_seen` has for each of the
    record's keys the place of the earlier run that first had it without a break, or how many those
    are where none did. Where a run did not name all its keys, `exact` is False, and `added` and
    `gone` stay 0.
    """

    verdicts: tuple[Verdict | None, ...] = ()
    counts: tuple[int | None, ...] = ()
    change: Change = Change.NONE
    since: Instant | None = None
    added: int = 0
    gone: int = 0
    growth: int = 0
    first_seen: tuple[int, ...] = ()
    exact: bool = True
    flapping: bool = False


class Record(Struct, frozen=True, kw_only=True):
    """
    One invariant in a run; `rows` is a sample, masked, `keys` names the violations.

    `snapshot` is what pg_current_snapshot() said: the same in all that saw the same instant.
    `waived` is how many of the `count` violations are covered by a waiver in force; those that are
    not come first in `rows` and `keys`. `known` is the run since which none is new, where only
    what is new was to fail. `maintenance` is the window in which it was found violated or unknown.
    """

    system: str
    name: str
    severity: str
    verdict: Verdict
    harm: str
    reason: str = ""
    remedy: str = ""
    count: int = 0
    counted_all: bool = True
    keys: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    judged: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    sql: tuple[str, ...] = ()
    fixes: tuple[FixRecord, ...] = ()
    runbook: str | None = None
    owner: str | None = None
    tags: tuple[str, ...] = ()
    path: str = ""
    line: int = 0
    snapshot: str = ""
    waived: int = 0
    waivers: tuple[WaiverRecord, ...] = ()
    known: str = ""
    maintenance: str = ""
    past: Past | None = None

    @property
    def id(self) -> str:
        """System and name, as in `studybuddy.every_user_has_a_profile`."""
        return f"{self.system}.{self.name}"

    @property
    def statement(self) -> str:
        """The name read as a sentence."""
        return self.name.replace("_", " ")

    @property
    def excused(self) -> bool:
        """Whether it fails no run, whatever its verdict: it is known, or found in maintenance."""
        return bool(self.known or self.maintenance)

    @property
    def unwaived(self) -> int:
        """How many violations no waiver covers."""
        return self.count - self.waived


class SystemRecord(Struct, frozen=True, kw_only=True):
    """
    What was read for one system, and how fresh it was; `reason` says why it could not be.

    `opened_in` and `skew` (the replica's clock less this machine's) are in seconds; `unshared`
    says why its invariants did not share one snapshot. `cost` is what all of that cost its server,
    None where nobody measured it.
    """

    name: str
    title: str
    server: str = ""
    role: str = ""
    version: str = ""
    database: str = ""
    freshness: str = ""
    primary_allowed: bool = False
    stripe: str = ""
    pooling: str = ""
    opened_in: float = 0.0
    skew: float = 0.0
    unshared: str = ""
    reason: str = ""
    cost: CostRecord | None = None


class MetricRecord(Struct, frozen=True, kw_only=True):
    """
    A metric's points; one point without a label is a single number.

    `earlier` is that single number in the run's earlier runs, in their order.
    """

    system: str
    name: str
    title: str
    unit: str
    note: str
    points: tuple[tuple[str, float], ...] = ()
    reason: str = ""
    earlier: tuple[float | None, ...] = ()


class Mended(Struct, frozen=True, kw_only=True):
    """A journal entry as a report may show it: who mended what, how much, and what proved it."""

    system: str
    entry: int
    at: Instant
    fix: str
    undoes: int | None
    by: str
    approved_by: str | None
    rows: int
    calls: int
    alterations: int
    proofs: tuple[str, ...]


class Earlier(Struct, frozen=True, kw_only=True):
    """
    An earlier run of the same environment, as far as it judged the same invariants.

    It is `whole` where it judged all of their systems, and its counts may be compared.
    """

    id: str
    as_of: Instant
    violated: int
    unknown: int
    violations: int
    whole: bool


STOPPED = "stopped early"
"""What is said of a run that ended before it was through."""


def narrowed(selection: str, *, stopped: bool) -> str:
    """What kept a run from judging all of its systems, in words; empty where nothing did."""
    return "; ".join(filter(None, (selection, STOPPED if stopped else "")))


class Run(Struct, frozen=True, kw_only=True):
    """
    Everything that a page, a summary or a comparison with an earlier run is drawn from.

    `earlier` has the oldest first. `idle_waivers` matched nothing. `only_new` is the run since
    which a violation had to be new to fail this one. `due` is by when the next run should be made,
    where runs come on a schedule. One that was `stopped` ended before all that it began with were
    judged: what has no record is not known.
    """

    id: str
    environment: str
    started: Instant
    finished: Instant
    as_of: Instant
    clock: str
    versions: Mapping[str, str]
    workers: int
    selection: str
    systems: tuple[SystemRecord, ...]
    records: tuple[Record, ...]
    metrics: tuple[MetricRecord, ...] = ()
    mended: tuple[Mended, ...] = ()
    mended_since: Instant | None = None
    earlier: tuple[Earlier, ...] = ()
    idle_waivers: tuple[WaiverRecord, ...] = ()
    only_new: str = ""
    due: Instant | None = None
    stopped: bool = False

    @property
    def narrowed(self) -> str:
        """What kept it from judging all of its systems; empty where nothing did."""
        return narrowed(self.selection, stopped=self.stopped)

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of all: a violation outweighs an unknown, an unknown the rest."""
        found = {record.verdict for record in self.records}
        if Verdict.VIOLATED in found:
            return Verdict.VIOLATED
        if Verdict.UNKNOWN in found or not self.records or self.stopped:
            return Verdict.UNKNOWN
        return Verdict.HOLDS

    @property
    def exit_code(self) -> int:
        """
        What `trueup check` ends with: 0 all hold, 1 violated, 6 unknown and nothing violated.

        Where only what is new was to fail, a violation that is known does not; nor does what was
        found in maintenance, violated or unknown.
        """
        failing = {record.verdict for record in self.records if not record.excused}
        if Verdict.VIOLATED in failing:
            return VIOLATED
        unknown = Verdict.UNKNOWN in failing or not self.records or self.stopped
        return UNKNOWN if unknown else 0

    def snapshots(self, system: str) -> tuple[str, ...]:
        """The snapshots that a system's invariants stood on; a single one is a proof."""
        seen = (r.snapshot for r in self.records if r.system == system and r.snapshot)
        return tuple(dict.fromkeys(seen))

    def having(self, verdict: Verdict) -> tuple[Record, ...]:
        """The records with one verdict, worst severity first, then by count and name."""
        chosen = [record for record in self.records if record.verdict is verdict]
        return tuple(sorted(chosen, key=lambda r: (r.severity, -r.count, r.id)))
