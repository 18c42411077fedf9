"""
What Trueup costs beside the database: milliseconds an invariant, and seconds to start.

The same questions are asked as invariants (whole processes of `trueup check`, guard, page and
run.json included) and bare, one after the other on one connection. The slope from the smaller to
the larger number of invariants, less what the bare questions take, is the cost of an invariant;
the rest is start-up. Both run in turns in one process, on the sample's StudyBuddy.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import psycopg

from trueup.sample import CLOCK, Cluster, databases, scratch

ROOT = Path(__file__).parents[1]
SMALL, LARGE = 20, 200
ROUNDS = 3
BOUND_MS = 30.0

CONFIG = """
[systems.studybuddy]
title = "StudyBuddy"

[systems.studybuddy.environments.bench]
replica = "BENCH_REPLICA_URL"
"""
FIX = '''"""Does nothing; the benchmark only reads."""

AT_MOST = 1


def plan(violations):
    return iter(())
'''
HEAD = """from datetime import timedelta

from trueup import invariant

"""
ONE = '''
@invariant(severity="P2", over="ai_jobs", fix="nothing")
def test_running_ai_jobs_are_younger_than_{days}_days(replica, now):
    """Somebody waits for ever."""
    return replica.rows({sql!r}, deadline=now - timedelta(days={days}))
'''
SQL = "select id, status from ai_jobs where status = 'running' and updated_at < :deadline"
COUNT = "select count(*) from ai_jobs"


def main() -> int:
    """Measure, print, and fail where the bound does not hold."""
    with scratch() as cluster:
        databases.load(cluster, ROOT / "tests" / "systems" / "studybuddy")
        rounds = [measure(cluster) for _ in range(ROUNDS)]
    small, large, bare = (median(values) for values in zip(*rounds, strict=True))
    slope = (large - small) / (LARGE - SMALL)
    cost_ms = (slope - bare) * 1000
    intercept = small - SMALL * slope
    print(
        f"{SMALL} invariants {small:.2f} s, {LARGE} invariants {large:.2f} s, medians of {ROUNDS}"
    )
    print(f"bare question {bare * 1000:.2f} ms; bound {BOUND_MS:.0f} ms an invariant beyond it")
    print(f"intercept_s={intercept:.2f} ms_per_invariant={cost_ms:.2f}")
    return 0 if cost_ms <= BOUND_MS else 1


def measure(cluster: Cluster) -> tuple[float, float, float]:
    """Seconds of a small run and of a large one, and of one bare question."""
    return checked(cluster, SMALL), checked(cluster, LARGE), asked(cluster) / LARGE


def checked(cluster: Cluster, number: int) -> float:
    """A whole process that checks that many invariants, all of which hold."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), number)
        url = cluster.dsn("trueup_reader", "standby", "studybuddy")
        environment = os.environ | {"BENCH_REPLICA_URL": url}
        command = [str(Path(sys.executable).with_name("trueup")), "check", "--env", "bench"]
        command += ["--as-of", CLOCK.isoformat()]
        started = time.perf_counter()
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, check=False
        )
        seconds = time.perf_counter() - started
    if done.returncode != 0:
        sys.exit(f"the invariants do not hold:\n{done.stdout.decode()}{done.stderr.decode()}")
    return seconds


def asked(cluster: Cluster) -> float:
    """The larger number of questions, each with its count of judged rows, on one connection."""
    url = cluster.dsn("trueup_reader", "standby", "studybuddy")
    bare = SQL.replace(":deadline", "%s")
    with psycopg.connect(url, autocommit=True) as connection:
        started = time.perf_counter()
        for days in range(LARGE):
            connection.execute(COUNT, prepare=True).fetchall()
            connection.execute(bare, [CLOCK.replace(year=2000 - days)], prepare=True).fetchall()
        return time.perf_counter() - started


def write(folder: Path, number: int) -> None:
    """A project with that many invariants."""
    (folder / "trueup.toml").write_text(CONFIG)
    invariants, fixes = folder / "invariants" / "studybuddy", folder / "fixes" / "studybuddy"
    invariants.mkdir(parents=True)
    fixes.mkdir(parents=True)
    ones = [ONE.format(days=10_000 + day, sql=SQL) for day in range(number)]
    (invariants / "test_ai_jobs.py").write_text(HEAD + "\n".join(ones))
    (fixes / "nothing.py").write_text(FIX)


if __name__ == "__main__":
    sys.exit(main())
