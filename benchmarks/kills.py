"""
What is left of a fix that is killed: `kill -9` at each point of apply and of undo, many times over.

Jobs are failed, each with a call to a service outside. A process applies the plan and is killed at
one point of it; then rows and journal are compared. A change without its entry, or a call that was
made without one, is *unjournaled*; an entry without its change, or a fix that cannot be finished
afterwards, by the same plan and `resume`, is *lost*. Then the undo is killed in the same way.
"""

import argparse
import os
import signal
import sys
import time
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import CodeType, FrameType

from msgspec import Struct

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from engine.primary.counter import Counter, counter  # noqa: E402  # below tests/
from trueup import Call, Update, invariant  # noqa: E402  # after the path is set
from trueup.model.fix import Fix  # noqa: E402  # as above
from trueup.model.invariant import Invariant  # noqa: E402  # as above
from trueup.model.plan import Plan  # noqa: E402  # as above
from trueup.model.violation import Violation  # noqa: E402  # as above
from trueup.primary import (  # noqa: E402  # as above
    apply,
    batch,
    call_journal,
    calls,
    changing,
    journal,
    journal_schema,
    late,
    locking,
    pace,
    planning,
    sending,
    undo,
)
from trueup.primary.applied import Applied  # noqa: E402  # as above
from trueup.primary.interrupt import Stop  # noqa: E402  # as above
from trueup.primary.late import Witness  # noqa: E402  # as above
from trueup.primary.proof import World  # noqa: E402  # as above
from trueup.primary.resume import resume  # noqa: E402  # as above
from trueup.primary.service import Kind, Service  # noqa: E402  # as above
from trueup.primary.session import observing, open_primary  # noqa: E402  # as above
from trueup.replica.dsn import Dsn  # noqa: E402  # as above
from trueup.replica.limits import Limits  # noqa: E402  # as above
from trueup.replica.reader import Reader, Rows  # noqa: E402  # as above
from trueup.sample import Cluster, scratch  # noqa: E402  # as above

DATABASE = "killed"
TIMES = 50
ROWS = 3
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)

SCHEMA = f"""
    create table jobs (id int primary key, status text not null, touched int not null default 0);
    create table audit (id bigint generated always as identity primary key, job int not null);
    create function note() returns trigger language plpgsql security definer as $$
    begin insert into audit (job) values (new.id); return null; end $$;
    create trigger note after update on jobs for each row execute function note();
    insert into jobs select i, 'running' from generate_series(1, {ROWS}) i;
    grant select, update on jobs to trueup_fixer;
    grant select, delete on audit to trueup_fixer;
    grant select on jobs, audit to trueup_reader;
    grant set on parameter session_replication_role to trueup_fixer;
"""

POINTS: dict[str, tuple[Callable[..., object], str]] = {
    "before the batch": (batch.run, "call"),
    "after the advisory lock": (batch._require_alone, "return"),
    "before rows are locked": (locking.compared, "call"),
    "after rows are locked": (locking.compared, "return"),
    "before the change": (changing.change, "call"),
    "after the change": (changing.change, "return"),
    "before the journal": (journal.add, "call"),
    "after the journal": (journal.add, "return"),
    "after the calls are intended": (call_journal.intend, "return"),
    "before the commit": (pace.waited_for, "return"),
    "after the commit": (batch.run, "return"),
    "before a call": (calls.Caller._make, "call"),
    "after a call is begun": (sending.send, "call"),
    "after a call is made": (sending.send, "return"),
    "between calls": (calls.Caller._make, "return"),
    "before the late proof": (late.prove, "call"),
    "after the late proof": (apply._record, "return"),
}

FAILED = "select id from jobs where status = 'failed' order by id"
APPLIED = """
    select (r.key ->> 'id')::int
    from trueup.journal j join trueup.journal_rows r on r.entry = j.id
    where r.relation = 'jobs'
    group by 1
    having sum(case when j.kind = 'apply' then 1 else -1 end) = 1
    order by 1
"""
NOTES = "select count(*) from audit"
KEYS = "select idempotency_key from trueup.journal_calls"
ENTRIES = "select id from trueup.journal order by id"
OURS = "select 1 from pg_stat_activity where application_name = 'trueup/fix'"


class Place(Struct, frozen=True):
    """Where all this happens."""

    cluster: Cluster
    outside: Counter

    @property
    def fixer(self) -> Dsn:
        """The fixer's URL."""
        return Dsn(self.cluster.dsn("trueup_fixer", "primary", DATABASE), "fixer")

    @property
    def services(self) -> Mapping[str, Service]:
        """The service, which makes a request with a known key once."""
        service = Service(name="work", kind=Kind.HTTP, url=self.outside.url, idempotent=True)
        return {"work": service}

    def numbers(self, question: str) -> list[object]:
        """The first column of an answer."""
        with self.cluster.connect(database=DATABASE) as connection:
            return [row[0] for row in connection.execute(question.encode())]

    def prepare(self) -> None:
        """A new database with running jobs and an empty journal."""
        with self.cluster.connect() as connection:
            connection.execute(f"drop database if exists {DATABASE} with (force)".encode())
        self.cluster.create_database(DATABASE)
        self.cluster.execute(SCHEMA, DATABASE)
        owner = Dsn(self.cluster.dsn("postgres", "primary", DATABASE), "owner")
        journal_schema.install(owner, "trueup_fixer")
        self.outside.made.clear()


def main() -> int:
    """Kill, compare, finish; print, and fail where anything is lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=TIMES)
    times = parser.parse_args().times
    tally: Tally[str] = Tally()
    with scratch() as cluster, counter() as outside:
        place = Place(cluster, outside)
        for label in POINTS:
            place.prepare()
            before = tally["kills"]
            for _ in range(times):
                strike(place, label, tally)
            print(f"{label}: killed {tally['kills'] - before} times", flush=True)
    kills, lost, unjournaled = tally["kills"], tally["lost"], tally["unjournaled"]
    print(f"{len(POINTS)} points of apply and of undo, {times} times each")
    print(f"kills={kills} lost={lost} unjournaled={unjournaled}")
    return 0 if kills >= 2 * times * len(POINTS) and not lost and not unjournaled else 1


def strike(place: Place, label: str, tally: Tally[str]) -> None:
    """Kill an apply, finish it, kill its undo, finish that: the jobs run again as before."""
    plan = planned(place)
    killed(place, plan, label, tally)
    compared(place, tally)
    finished(place, plan, tally, wanted=ROWS)
    entry = int(str(place.numbers(ENTRIES)[-1]))
    back = planned_back(place, entry)
    killed(place, back, label, tally)
    compared(place, tally)
    finished(place, back, tally, wanted=0)


def killed(place: Place, plan: Plan, label: str, tally: Tally[str]) -> None:
    """Apply a plan in a process that is killed at that point; wait until the server has noticed."""
    child = os.fork()
    if child == 0:
        try:
            die_at(*POINTS[label])
            carried_out(place, plan)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    tally["kills"] += os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    deadline = time.monotonic() + 10
    while place.numbers(OURS):
        if time.monotonic() > deadline:
            sys.exit("the server still has a session of the process that was killed")
        time.sleep(0.005)


def die_at(function: Callable[..., object], event: str) -> None:
    """Kill this process when that function is called, or returns."""
    code: CodeType = function.__code__

    def watch(frame: FrameType, happened: str, _argument: object) -> None:
        if happened == event and frame.f_code is code:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(watch)


def compared(place: Place, tally: Tally[str]) -> None:
    """Hold rows and journal against each other."""
    failed, applied = set(place.numbers(FAILED)), set(place.numbers(APPLIED))
    intended = set(place.numbers(KEYS))
    tally["unjournaled"] += len(failed - applied) + len(set(place.outside.made) - intended)
    tally["lost"] += len(applied - failed)
    if place.numbers(NOTES) != [len(failed)]:
        tally["lost"] += 1


def finished(place: Place, plan: Plan, tally: Tally[str], wanted: int) -> None:
    """The same plan again, and `resume` of what it left: all is done, and each call was made."""
    done = carried_out(place, plan)
    ends = [resumed(place, int(str(entry))).exit_code for entry in place.numbers(ENTRIES)[-2:]]
    unmade = set(place.numbers(KEYS)) - set(place.outside.made)
    sound = done.exit_code == 0 and not any(ends) and not unmade
    if not sound or len(place.numbers(FAILED)) != wanted:
        tally["lost"] += 1
    compared(place, tally)


def carried_out(place: Place, plan: Plan) -> Applied:
    """Apply a plan, without a replica."""
    with open_primary(place.fixer, Limits()) as primary:
        return apply.apply(
            plan,
            primary,
            apply.Orders(by="bob"),
            watched=[no_job_runs()],
            settings={},
            services=place.services,
        )


def resumed(place: Place, entry: int) -> Applied:
    """Finish an entry."""
    stop = Stop()
    with open_primary(place.fixer, Limits()) as primary, observing(primary) as observer:
        return resume(
            primary.connection,
            "shop",
            entry,
            watched=[no_job_runs()],
            caller=calls.Caller(connection=primary.connection, services=place.services, stop=stop),
            witness=Witness(
                observer=observer, replica=None, world=World(NOW, {}), patience=1, stop=stop
            ),
        )


def planned(place: Place) -> Plan:
    """A plan that fails all jobs."""
    fix = Fix(
        name="cancel",
        system="shop",
        summary="Cancel.",
        at_most=2 * ROWS,
        plan=cancel,
        path=__file__,
    )
    with open_primary(place.fixer, Limits()) as primary:
        return planning.make(primary, fix, [no_job_runs()], facts=facts(), watched=[no_job_runs()])


def planned_back(place: Place, entry: int) -> Plan:
    """A plan that takes it back."""
    with open_primary(place.fixer, Limits()) as primary:
        return undo.plan_undo(primary, entry, facts=facts(), watched=[no_job_runs()])


def facts() -> planning.Facts:
    """Who and where."""
    return planning.Facts(
        system="shop",
        environment="bench",
        by="ada",
        reason="",
        code="",
        now=NOW,
        services=frozenset({"work"}),
    )


def cancel(violations: Iterable[Violation]) -> Iterator[Update | Call]:
    """The fix: a row and a call for each."""
    for job in violations:
        path = f"/jobs/{job['id']}"
        yield Update("jobs", key={"id": job["id"]}, set={"status": "failed"})
        yield Call("work", "POST", path, undo=Call("work", "POST", f"{path}/again"))


def no_job_runs() -> Invariant:
    """What the fix makes true."""

    def ask(replica: Reader) -> Rows:
        """Somebody waits."""
        return replica.rows("select id from jobs where status = 'running'")

    declared = invariant(severity="P1", over="jobs", fix="cancel")(ask)
    return declared.named("shop", "test_no_job_runs", Path(__file__))


if __name__ == "__main__":
    sys.exit(main())
