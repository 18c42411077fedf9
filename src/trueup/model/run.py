"""A run: one execution of the suite as of one instant, in a form that is safe to publish."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from trueup.errors import RunError
from trueup.model.verdict import Verdict

FORMAT = 1

VIOLATED, UNKNOWN = 1, 6
"""Exit codes of a run; pytest's own 1 is that of a test that failed."""

Cell = str | int | float | bool | None
"""One value of a violation as a report may print it: text, number, or masked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FixRecord:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """
    One invariant in a run; `rows` is a sample, masked, `keys` names the violations.

    `snapshot` is what pg_current_snapshot() said: the same in all that saw the same instant.
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

    @property
    def id(self) -> str:
        """System and name, as in `studybuddy.every_user_has_a_profile`."""
        return f"{self.system}.{self.name}"

    @property
    def statement(self) -> str:
        """The name read as a sentence."""
        return self.name.replace("_", " ")


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemRecord:
    """
    What was read for one system, and how fresh it was; `reason` says why it could not be.

    `opened_in` and `skew` (the replica's clock less this machine's) are in seconds; `unshared`
    says why its invariants did not share one snapshot.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricRecord:
    """A metric's points; one point without a label is a single number."""

    system: str
    name: str
    title: str
    unit: str
    note: str
    points: tuple[tuple[str, float], ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """A journal entry as a report may show it: who mended what, how much, and what proved it."""

    system: str
    entry: int
    at: datetime
    fix: str
    undoes: int | None
    by: str
    approved_by: str | None
    rows: int
    calls: int
    alterations: int
    proofs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Everything that a page, a summary or a comparison with an earlier run is drawn from."""

    id: str
    environment: str
    started: datetime
    finished: datetime
    as_of: datetime
    clock: str
    versions: Mapping[str, str]
    workers: int
    selection: str
    systems: tuple[SystemRecord, ...]
    records: tuple[Record, ...]
    metrics: tuple[MetricRecord, ...] = ()
    mended: tuple[Mended, ...] = ()
    mended_since: datetime | None = None

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of all: a violation outweighs an unknown, an unknown the rest."""
        found = {record.verdict for record in self.records}
        if Verdict.VIOLATED in found:
            return Verdict.VIOLATED
        if Verdict.UNKNOWN in found or not self.records:
            return Verdict.UNKNOWN
        return Verdict.HOLDS

    @property
    def exit_code(self) -> int:
        """What `trueup check` ends with: 0 all hold, 1 violated, 6 unknown and nothing violated."""
        return {Verdict.VIOLATED: VIOLATED, Verdict.UNKNOWN: UNKNOWN}.get(self.verdict, 0)

    def snapshots(self, system: str) -> tuple[str, ...]:
        """The snapshots that a system's invariants stood on; a single one is a proof."""
        seen = (r.snapshot for r in self.records if r.system == system and r.snapshot)
        return tuple(dict.fromkeys(seen))

    def having(self, verdict: Verdict) -> tuple[Record, ...]:
        """The records with one verdict, worst severity first, then by count and name."""
        chosen = [record for record in self.records if record.verdict is verdict]
        return tuple(sorted(chosen, key=lambda r: (r.severity, -r.count, r.id)))


def plain(run: Run) -> dict[str, Any]:
    """The run as JSON-ready data; `parse` reads it back to an equal run."""
    data = asdict(run)
    for name in ("started", "finished", "as_of"):
        data[name] = data[name].isoformat()
    data["mended_since"] = run.mended_since and run.mended_since.isoformat()
    for row in data["mended"]:
        row["at"] = row["at"].isoformat()
    return {"format": FORMAT, "verdict": str(run.verdict)} | data


def parse(data: Mapping[str, Any]) -> Run:
    """
    Read a run from JSON data.

    Raises RunError where it is no run, or one of a format that this Trueup does not know.
    """
    try:
        found = data["format"]
        if found != FORMAT:
            raise RunError(f"the run has format {found!r}, this Trueup reads {FORMAT}")
        raw = {name: value for name, value in data.items() if name not in ("format", "verdict")}
        dates = {name: datetime.fromisoformat(raw[name]) for name in DATES}
        return Run(
            **raw
            | dates
            | {
                "systems": tuple(SystemRecord(**row) for row in raw["systems"]),
                "records": tuple(record(row) for row in raw["records"]),
                "metrics": tuple(_metric(row) for row in raw["metrics"]),
                "mended": tuple(_mended(row) for row in raw.get("mended", ())),
                "mended_since": _instant_if(raw.get("mended_since")),
            }
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RunError("the file is not a run; look for run.json below reports/") from error


DATES = ("started", "finished", "as_of")


def record(row: Mapping[str, Any]) -> Record:
    """Read one record from JSON data, as workers send it."""
    return Record(
        **dict(row)
        | {
            "verdict": Verdict(row["verdict"]),
            "fixes": tuple(FixRecord(**fix) for fix in row["fixes"]),
            "rows": tuple(tuple(cells) for cells in row["rows"]),
        }
        | {name: tuple(row[name]) for name in ("keys", "columns", "sql", "tags")}
    )


def _mended(row: Mapping[str, Any]) -> Mended:
    at = datetime.fromisoformat(row["at"])
    return Mended(**dict(row) | {"at": at, "proofs": tuple(row["proofs"])})


def _instant_if(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _metric(row: Mapping[str, Any]) -> MetricRecord:
    points = tuple((str(label), float(value)) for label, value in row["points"])
    return MetricRecord(**dict(row) | {"points": points})
