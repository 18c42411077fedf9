"""
What it costs to mend a hundred thousand rows: a plan applied, beside one UPDATE that sets the same.

StudyBuddy's `fail_stuck_ai_jobs` on as many stuck jobs, with its triggers, indexes and invariants:
`trueup apply` in a process of its own, which locks, compares, proves, journals and commits batch by
batch. Beside it one set-based statement that locks and updates the same rows and writes both images
of each into the same journal, in turns in the same run; and, for comparison alone, the bare UPDATE,
which nobody could undo. The peak is what the applying process held in memory.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path
from statistics import median

from msgspec.structs import replace

from trueup import catalog
from trueup.config import find_project
from trueup.planfile import lines
from trueup.primary import journal_schema, planning
from trueup.primary.session import open_primary
from trueup.replica.dsn import Dsn
from trueup.replica.limits import Limits
from trueup.sample import CLOCK, Cluster, databases, scratch

ROOT = Path(__file__).parents[1]
SYSTEM = "studybuddy"
ROWS = 100_000
ROUNDS = 3
BOUND, BOUND_MB = 5.0, 200.0

PLANT = f"""
    insert into ai_jobs (id, user_id, job_type, status, created_at, updated_at)
    select md5('stuck-' || i)::uuid, u.id, 'extract_topics', 'running',
           timestamptz '2026-11-02 11:00+00', timestamptz '2026-11-02 11:00+00'
    from generate_series(1, {ROWS}) i
    join (select id, row_number() over (order by id) - 1 as n from auth.users) u on u.n = i % 400;
"""
UPDATE = """
    update ai_jobs set status = 'failed', error_message = 'Timed out; failed by trueup'
    where status = 'running' and updated_at < timestamptz '2026-11-02 11:55+00'
"""
JOURNALED = """
    with old as (
        select *, to_jsonb(job) as image from ai_jobs as job
        where status = 'running' and updated_at < timestamptz '2026-11-02 11:55+00'
        order by id for update
    ), entry as (
        insert into trueup.journal
            (system, fix, kind, digest, batch, planned, "by", applied_by, reason, environment,
             code, as_of)
        values ('studybuddy', 'by hand', 'apply', '', 1, 1, '', '', '', '', '', now())
        returning id
    ), new as (
        update ai_jobs set status = 'failed', error_message = 'Timed out; failed by trueup'
        from old where old.id = ai_jobs.id
        returning ai_jobs.id, old.image as before, to_jsonb(ai_jobs) as after
    )
    insert into trueup.journal_rows (entry, seq, change, relation, op, cause, key, before, after)
    select entry.id, row_number() over (), 1, 'ai_jobs', 'update', 'change',
           jsonb_build_object('id', new.id), new.before, new.after
    from new, entry
"""
APPLY = "import sys; from trueup.cli import main; sys.exit(main())"


def main() -> int:
    """Measure, print, and fail where a bound does not hold."""
    with scratch() as cluster, tempfile.TemporaryDirectory() as folder:
        databases.load(cluster, ROOT / "tests" / "systems" / SYSTEM)
        rounds = [
            (
                updated(cluster, UPDATE),
                updated(cluster, JOURNALED),
                *applied(cluster, Path(folder)),
            )
            for _ in range(ROUNDS)
        ]
    bare, one, many, peaks = zip(*rounds, strict=True)
    ratio, peak = median(m / o for o, m in zip(one, many, strict=True)), max(peaks)
    print(
        f"UPDATE {median(bare):.2f} s, with its journal {median(one):.2f} s,"
        f" trueup apply {median(many):.2f} s, medians of {ROUNDS}"
    )
    print(f"bounds: {BOUND:g} times the UPDATE with its journal, {BOUND_MB:g} MB")
    print(f"rows={ROWS} ratio={ratio:.2f} peak_mb={peak:.0f}")
    return 0 if ratio <= BOUND and peak < BOUND_MB else 1


def updated(cluster: Cluster, statement: str) -> float:
    """Seconds of one statement that sets them all."""
    plant(cluster)
    with cluster.connect(database=SYSTEM) as connection:
        started = time.perf_counter()
        done = connection.execute(statement.encode())
        seconds = time.perf_counter() - started
    if done.rowcount < ROWS:
        sys.exit(f"{done.rowcount} rows were updated, not {ROWS}")
    return seconds


def applied(cluster: Cluster, folder: Path) -> tuple[float, float]:
    """Seconds and megabytes of `trueup apply`, from start to end of its process."""
    plant(cluster)
    path = planned(cluster, folder)
    urls = {
        "STUDYBUDDY_STAGING_REPLICA_URL": cluster.dsn("trueup_reader", "standby", SYSTEM),
        "STUDYBUDDY_STAGING_PRIMARY_URL": cluster.dsn("trueup_fixer", "primary", SYSTEM),
    }
    command = [sys.executable, "-c", APPLY, "apply", str(path)]
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | urls, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    said = process.stdout.read().decode() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"the plan was not applied:\n{said}")
    return seconds, peak_mb(usage)


def planned(cluster: Cluster, folder: Path) -> Path:
    """A plan for all of them, made in a process of its own, whose memory is its own affair."""
    path = folder / "plan"
    dsn = cluster.dsn("trueup_fixer", "primary", SYSTEM)
    planning_ = get_context("spawn").Process(target=plan_all, args=(dsn, path))
    planning_.start()
    planning_.join()
    if planning_.exitcode != 0:
        sys.exit("no plan was made")
    return path


def plan_all(dsn: str, path: Path) -> None:
    """Plan the fix; its own cap is far lower, and is raised here."""
    fix = replace(catalog.find_fix(ROOT, SYSTEM, "fail_stuck_ai_jobs"), at_most=2 * ROWS)
    known = catalog.load(ROOT, (SYSTEM,))
    facts = planning.Facts(
        system=SYSTEM,
        environment="staging",
        by="the benchmark",
        reason="",
        code="",
        now=CLOCK,
        settings=find_project(ROOT).system(SYSTEM).settings,
    )
    with open_primary(Dsn(dsn, "fixer"), Limits()) as primary:
        plan = planning.make(
            primary,
            fix,
            known.naming(fix, SYSTEM),
            facts=facts,
            watched=known.of(SYSTEM),
            share=100,
        )
    with path.open("wb") as file:
        file.writelines(lines(plan))


def plant(cluster: Cluster) -> None:
    """As many stuck jobs, in a system that was sound."""
    databases.mend(cluster, SYSTEM)
    journal_schema.install(Dsn(cluster.dsn("postgres", "primary", SYSTEM), "owner"), "trueup_fixer")
    with cluster.connect(database=SYSTEM) as connection:
        connection.execute(PLANT.encode())
        connection.execute("vacuum analyze ai_jobs")
    with cluster.connect() as connection:
        connection.execute("checkpoint")
    cluster.wait_for_replay()


def peak_mb(usage: resource.struct_rusage) -> float:
    """The most memory that a process held; Linux counts kilobytes, macOS bytes."""
    return usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


if __name__ == "__main__":
    sys.exit(main())
