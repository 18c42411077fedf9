"""
What a fix does to the application that writes to the same rows: nothing is lost, little is late.

pgbench moves the balances of ten thousand accounts at full speed, a ledger row with each; after a
while a fix takes the flag off all of them. An update is *lost* where a balance is not what its
ledger says; a row is changed *double* where the journal has it twice. The latency of pgbench's
transactions while the fix runs is held against what it was just before, in the same run. Rows that
the application changed after the plan was made are left alone; at least some must not be.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles

from msgspec import Struct

from trueup import Update, invariant
from trueup.model.fix import Fix
from trueup.model.invariant import Invariant
from trueup.model.violation import Violation
from trueup.primary import journal_schema, planning
from trueup.primary.applied import Applied
from trueup.primary.apply import Orders, apply
from trueup.primary.session import open_primary
from trueup.replica.dsn import Dsn
from trueup.replica.limits import Limits
from trueup.replica.reader import Reader, Rows
from trueup.replica.session import open_session
from trueup.sample import Cluster, scratch
from trueup.sample.binaries import find

DATABASE = "contended"
ROWS = 10_000
CLIENTS = 4
QUIET, WHOLE = 3.0, 15
BOUND = 3.0

SCHEMA = f"""
    create table accounts (
        id int primary key, balance bigint not null default 0, flagged boolean not null
    ) with (fillfactor = 80);
    create table ledger (account int not null);
    insert into accounts select i, 0, true from generate_series(1, {ROWS}) i;
    grant select on accounts, ledger to trueup_reader;
    grant select, update on accounts to trueup_fixer;
"""
MOVE = f"""
\\set id random_exponential(1, {ROWS}, 8)
begin;
update accounts set balance = balance + 1 where id = :id;
insert into ledger values (:id);
end;
"""
LOST = """
    select count(*) from accounts a
    where balance <> (select count(*) from ledger where account = a.id)
"""
DOUBLE = """
    select count(*) from (
        select key from trueup.journal_rows group by key having count(*) > 1
    ) as twice
"""
FLAGGED = "select id from accounts where flagged"


class Round(Struct, frozen=True):
    """What one round has seen: rows, and p99 in milliseconds before the fix and during it."""

    changed: int
    skipped: int
    double: int
    lost: int
    before: float
    during: float
    seconds: float


def main() -> int:
    """Measure, print, and fail where a bound does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    runs = parser.parse_args().runs
    with scratch() as cluster:
        rounds = [contend(cluster) for _ in range(runs)]
    for one in rounds:
        print(
            f"{one.changed} changed and {one.skipped} left alone in {one.seconds:.1f} s;"
            f" p99 {one.before:.2f} ms, then {one.during:.2f} ms"
        )
    double, lost = sum(one.double for one in rounds), sum(one.lost for one in rounds)
    ratio = median(one.during / one.before for one in rounds)
    print(f"bounds: nothing double, nothing lost, p99 {BOUND:g} times; {runs} runs, median")
    print(f"double={double} lost_updates={lost} p99_ratio={ratio:.2f}")
    sound = all(one.changed > ROWS // 20 for one in rounds)
    return 0 if sound and not double and not lost and ratio <= BOUND else 1


def contend(cluster: Cluster) -> Round:
    """One round, on a database of its own."""
    prepare(cluster)
    with tempfile.TemporaryDirectory() as folder:
        with moving(cluster, Path(folder)):
            time.sleep(QUIET)
            began = time.time()
            done = mend(cluster)
            ended = time.time()
        latencies = [one for path in Path(folder).glob("log.*") for one in logged(path)]
    before = [ms for at, ms in latencies if at < began]
    during = [ms for at, ms in latencies if began <= at <= ended]
    return Round(
        changed=done.changed,
        skipped=len(done.skipped),
        double=number(cluster, DOUBLE),
        lost=number(cluster, LOST),
        before=p99(before),
        during=p99(during),
        seconds=ended - began,
    )


def prepare(cluster: Cluster) -> None:
    """Accounts that are all flagged, and a journal."""
    with cluster.connect() as connection:
        connection.execute(f"drop database if exists {DATABASE} with (force)".encode())
    cluster.create_database(DATABASE)
    cluster.execute(SCHEMA, DATABASE)
    with cluster.connect(database=DATABASE) as connection:
        connection.execute("vacuum analyze")
    owner = Dsn(cluster.dsn("postgres", "primary", DATABASE), "owner")
    journal_schema.install(owner, "trueup_fixer")
    cluster.wait_for_replay()


@contextmanager
def moving(cluster: Cluster, folder: Path) -> Iterator[None]:
    """Let pgbench move balances; the block ends when it is done and its log is whole."""
    script = folder / "move.sql"
    script.write_text(MOVE)
    command: list[str | Path] = [
        find().folder / "pgbench",
        "-n",
        "-M",
        "prepared",
        "-f",
        script,
        "-c",
        str(CLIENTS),
    ]
    command += ["-j", "1", "-T", str(WHOLE), "--log", "--log-prefix", folder / "log"]
    command += [cluster.dsn("postgres", "primary", DATABASE)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        yield
    finally:
        said, _ = process.communicate()
    if process.returncode != 0:
        sys.exit(f"pgbench failed:\n{said.decode()}")


def mend(cluster: Cluster) -> Applied:
    """Plan the fix and apply it, with the standby as its witness."""
    fixer = Dsn(cluster.dsn("trueup_fixer", "primary", DATABASE), "fixer")
    replica = open_session(
        Dsn(cluster.dsn("trueup_reader", "standby", DATABASE), "replica"),
        primary_allowed=False,
        limits=Limits(),
        max_lag=timedelta(minutes=5),
        application="trueup/bench",
    )
    facts = planning.Facts(
        system="bank", environment="bench", by="ada", reason="", code="", now=datetime.now(UTC)
    )
    with open_primary(fixer, Limits()) as primary:
        plan = planning.make(
            primary,
            unflag(),
            [no_account_is_flagged()],
            facts=facts,
            watched=[no_account_is_flagged()],
            share=100,
        )
        try:
            return apply(
                plan,
                primary,
                Orders(by="ada"),
                watched=[no_account_is_flagged()],
                settings={},
                replica=replica,
            )
        finally:
            replica.close()


def no_account_is_flagged() -> Invariant:
    """What the fix makes true."""

    def ask(replica: Reader) -> Rows:
        """Somebody is locked out."""
        return replica.rows(FLAGGED)

    declared = invariant(severity="P2", over="accounts", fix="unflag")(ask)
    return declared.named("bank", "test_no_account_is_flagged", Path(__file__))


def unflag() -> Fix:
    """The fix."""

    def plan(violations: Iterable[Violation]) -> Iterator[Update]:
        for row in violations:
            yield Update("accounts", key={"id": row["id"]}, set={"flagged": False})

    return Fix(
        name="unflag", system="bank", summary="Unflag.", at_most=ROWS, plan=plan, path=__file__
    )


def logged(path: Path) -> Iterator[tuple[float, float]]:
    """The end and the milliseconds of each transaction in pgbench's log."""
    for line in path.read_text().splitlines():
        _, _, elapsed, _, seconds, micros, *_ = line.split()
        yield int(seconds) + int(micros) / 1e6, int(elapsed) / 1000


def p99(values: list[float]) -> float:
    """Ninety-nine of a hundred are no larger."""
    return quantiles(values, n=100)[98]


def number(cluster: Cluster, question: str) -> int:
    """The answer to a question with one number."""
    with cluster.connect(database=DATABASE) as connection:
        row = connection.execute(question.encode()).fetchone()
    return int(row[0]) if row else 0


if __name__ == "__main__":
    sys.exit(main())
