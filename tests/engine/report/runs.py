"""Runs as an engine would hand them over, for tests of what is drawn from them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from msgspec.structs import replace

from trueup.model.run import Cell, FixRecord, MetricRecord, Record, Run, SystemRecord
from trueup.model.verdict import Verdict
from trueup.report.mask import MASKED

NOW = datetime(2026, 11, 20, 6, 23, 41, tzinfo=UTC)

HOSTILE = "<script>document.title='owned'</script>\"'`&amp;<img src=x onerror=alert(1)>"
RTL = "\u202eevil\u202c مرحبا بالعالم"

STUCK = """
    select id, user_id, course_id, job_type, status, updated_at
    from ai_jobs
    where status = 'running' and updated_at < :deadline
"""


def uuid(name: str) -> str:
    """An id that is the same in every test run."""
    return str(uuid5(UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8"), name))


def fix(name: str, summary: str, undo: str | None = None) -> FixRecord:
    """A fix as the catalog names it."""
    plan = f".trueup/plans/studybuddy.{name}.json"
    return FixRecord(
        name=name,
        path=f"fixes/studybuddy/{name}.py",
        summary=summary,
        command=f"trueup plan studybuddy.{name} --env production --out {plan}"
        f" && trueup apply {plan}",
        undo=undo,
    )


def record(
    name: str, verdict: Verdict = Verdict.HOLDS, severity: str = "P2", **more: Any
) -> Record:
    """One invariant in a run, with what a test does not care about filled in."""
    defaults: dict[str, Any] = {
        "system": "studybuddy",
        "harm": "Somebody waits for an answer that never comes.",
        "judged": {"ai_jobs": 10_000},
        "seconds": 0.012,
        "path": "invariants/studybuddy/test_ai_jobs.py",
        "line": 14,
    }
    return Record(name=name, verdict=verdict, severity=severity, **defaults | more)


def violated(name: str, severity: str, rows: Sequence[tuple[Cell, ...]], **more: Any) -> Record:
    """A violated invariant whose first column is the key."""
    keys = tuple(str(row[0]) for row in rows)
    found: dict[str, Any] = {"rows": tuple(rows), "keys": keys, "count": len(rows)}
    return record(name, Verdict.VIOLATED, severity, **found | more)


def run(records: Sequence[Record], **more: Any) -> Run:
    """A run of these records over one fresh standby."""
    system = SystemRecord(
        name="studybuddy",
        title="StudyBuddy",
        server="a standby",
        role="trueup_reader",
        version="17.6",
        database="studybuddy",
        freshness="receiving and replaying, 0.4 s behind",
    )
    defaults: dict[str, Any] = {
        "id": "20261120T062341Z-production",
        "environment": "production",
        "started": NOW + timedelta(seconds=1),
        "finished": NOW + timedelta(seconds=4.2),
        "as_of": NOW,
        "clock": "the replica's clock, never later than what it has replayed",
        "versions": {"trueup": "0.1.0", "python": "3.13.7", "pytest": "9.2.0"},
        "workers": 1,
        "selection": "",
        "systems": (system,),
    }
    return Run(records=tuple(records), **defaults | more)


def stuck(rows: int) -> Record:
    """So many AI jobs that outlived their worker."""
    sample = [
        (
            uuid(f"job {index}"),
            uuid(f"user {index // 2}"),
            uuid(f"course {index}"),
            ("extract_topics", "generate_plan", "smart_plan")[index % 3],
            "running",
            (NOW - timedelta(minutes=7 + 13 * index)).isoformat().replace("+00:00", "Z"),
        )
        for index in range(rows)
    ]
    return violated(
        "every_running_ai_job_is_younger_than_five_minutes",
        "P1",
        sample,
        columns=("id", "user_id", "course_id", "job_type", "status", "updated_at"),
        harm="Its worker is gone: the student watches 'extraction in progress' for ever.",
        sql=(STUCK,),
        fixes=(fix("fail_stuck_ai_jobs", "Fail the AI jobs that outlived their worker."),),
        runbook="stuck-ai-jobs",
        owner="ai-platform",
        seconds=0.021,
    )


def bad_day(invariants: int = 500, rows: int = 50) -> Run:
    """Everything is violated, each by more rows than a page should carry."""
    one = stuck(rows)
    names = [f"everything_of_kind_{index}_is_as_it_should_be" for index in range(invariants)]
    return run([replace(one, name=name) for name in names])


def hostile() -> Run:
    """Values that would like to be markup, a script, another direction or very long."""
    rows = [(HOSTILE, HOSTILE, "x" * 10_000, RTL), (RTL, MASKED, "word " * 2_000, None)]
    named: dict[str, Any] = {
        "harm": f"{HOSTILE}\n\n{'y' * 10_000}",
        "owner": HOSTILE,
        "runbook": HOSTILE,
    }
    bad = FixRecord(name="x", path=HOSTILE, summary=HOSTILE, command=HOSTILE, undo=HOSTILE)
    columns = ("id", HOSTILE, "long", "rtl")
    points = ((HOSTILE, 3.0), ("z" * 500, -2.0), (RTL, float("nan")))
    return run(
        [
            violated("no", "P0", rows, columns=columns, fixes=(bad,), sql=(HOSTILE,), **named),
            record("so", Verdict.UNKNOWN, "P1", reason=HOSTILE, remedy=RTL, **named),
        ],
        environment=HOSTILE,
        selection=HOSTILE,
        metrics=(
            MetricRecord(
                system="s", name="m", title=HOSTILE, unit=HOSTILE, note=HOSTILE, points=points
            ),
        ),
    )
