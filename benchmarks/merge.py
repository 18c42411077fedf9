"""
What it costs to make one report of many jobs: seconds, and the most memory.

Two hundred shards, each of a system of its own with thirty invariants, of which three are violated
by fifty rows, and one system whose job died: it must be unknown in the report. The whole command
runs in a process of its own, page included.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from trueup.model.run import FixRecord, Record, Run, SystemRecord
from trueup.model.verdict import Verdict
from trueup.report import store

SHARDS, INVARIANTS, VIOLATED, ROWS = 200, 30, 3, 50
BOUND_S, BOUND_MB = 10.0, 500.0
NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
LOST = "lost"

SYSTEM = """
[systems.{name}]
title = "{name}"
[systems.{name}.environments.production]
replica = "REPLICA_URL"
"""
INVARIANT = '''
from trueup import invariant


@invariant(severity="P1", over="jobs", fix="nothing")
def test_every_job_ends(replica):
    """Somebody waits for ever."""
    return replica.rows("select id from jobs where ended_at is null order by id")
'''
FIX = '''"""Does nothing; the benchmark only reads."""

AT_MOST = 1


def plan(violations):
    return iter(())
'''


def main() -> int:
    """Measure, print, and fail where a bound does not hold or the lost system is absent."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        write(project)
        matrix = {"include": [{"system": name} for name in (*names(), LOST)]}
        seconds, peak = merged(project, json.dumps(matrix))
        [made] = (project / "merged").glob("*/run.json")
        said = json.loads(made.read_text())
    verdicts = {one["verdict"] for one in said["records"] if one["system"] == LOST}
    if verdicts != {"unknown"} or len(said["systems"]) != SHARDS + 1:
        sys.exit(f"the lost system is {verdicts or 'absent'}, not unknown")
    print(f"bounds: {BOUND_S:g} s, {BOUND_MB:g} MB; {len(said['records'])} records")
    print(f"shards={SHARDS} seconds={seconds:.2f} peak_mb={peak:.0f}")
    return 0 if seconds <= BOUND_S and peak <= BOUND_MB else 1


def names() -> list[str]:
    """The systems whose runs arrived."""
    return [f"tenant_{number}" for number in range(SHARDS)]


def write(project: Path) -> None:
    """A project with all the systems, and a shard of each but the lost one."""
    (project / "trueup.toml").write_text("".join(SYSTEM.format(name=n) for n in (*names(), LOST)))
    for place, text in (
        (project / "invariants" / LOST / "test_jobs.py", INVARIANT),
        (project / "fixes" / LOST / "nothing.py", FIX),
    ):
        place.parent.mkdir(parents=True)
        place.write_text(text)
    for number, name in enumerate(names()):
        run = shard(number, name)
        place = project / "shards" / name / run.id / "run.json"
        place.parent.mkdir(parents=True)
        place.write_text(store.text(run))


def shard(number: int, name: str) -> Run:
    """The run of one job."""
    started = NOW + timedelta(seconds=number)
    return Run(
        id=f"{started:%Y%m%dT%H%M%SZ}-{number:06x}",
        environment="production",
        started=started,
        finished=started + timedelta(seconds=4),
        as_of=started,
        clock="the replica's clock",
        versions={"trueup": "0.1.0"},
        workers=0,
        selection="",
        systems=(SystemRecord(name=name, title=name, server="standby"),),
        records=tuple(record(name, place) for place in range(INVARIANTS)),
    )


def record(system: str, place: int) -> Record:
    """An invariant that holds, or is violated by as many rows as a page shows."""
    sound = Record(
        system=system,
        name=f"thing_{place}_is_as_it_should_be",
        severity=f"P{place % 4}",
        verdict=Verdict.HOLDS,
        harm="Somebody waits for an answer that never comes.",
        judged={"jobs": 10_000},
        sql=("select id, user_id, status from jobs where status = 'running' order by id",),
        fixes=(FixRecord(name="nothing", path="fixes/nothing.py", summary="", command="trueup"),),
    )
    if place >= VIOLATED:
        return sound
    rows = tuple((f"{system}-{place}-{row}", row, "running") for row in range(ROWS))
    return replace(
        sound,
        verdict=Verdict.VIOLATED,
        count=ROWS,
        columns=("id", "user_id", "status"),
        rows=rows,
        keys=tuple(row[0] for row in rows),
    )


def merged(project: Path, matrix: str) -> tuple[float, float]:
    """Seconds and megabytes of the whole command."""
    trueup = str(Path(sys.executable).with_name("trueup"))
    words = [trueup, "report", "merge", "shards", "--matrix", matrix, "--reports", "merged"]
    started = time.perf_counter()
    process = subprocess.Popen(words, cwd=project, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit("the shards were not merged")
    return seconds, usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


if __name__ == "__main__":
    sys.exit(main())
