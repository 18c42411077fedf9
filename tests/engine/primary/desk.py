"""A desk to plan and apply at, and invariants of a small shop."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from fix_database import Database
from patience import until
from trueup import invariant
from trueup.model.change import Change
from trueup.model.fix import Fix
from trueup.model.invariant import Invariant
from trueup.model.plan import Plan
from trueup.primary.applied import Applied
from trueup.primary.apply import Orders, apply
from trueup.primary.planning import Facts, make
from trueup.primary.session import Primary, open_primary
from trueup.primary.undo import plan_undo
from trueup.replica.limits import Limits

NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)

FACTS = Facts(
    system="shop",
    environment="test",
    by="ada",
    reason="night shift",
    code="abc123",
    now=NOW,
    settings={"limit": 3},
)


class Desk(Struct):
    """Where a test plans and applies; `watched` are the system's invariants."""

    database: Database
    primary: Primary
    watched: list[Invariant] = field(default_factory=list)

    def plan(self, plan: Callable[..., Iterable[Change]], *own: Invariant, **given) -> Plan:
        """Plan a fix that is this function."""
        options = {"at_most": 100, "undo": None} | {
            name: given.pop(name) for name in ("at_most", "undo", "row") if name in given
        }
        fix = Fix(
            name=plan.__name__,
            system="shop",
            summary="Mend.",
            plan=plan,
            path=plan.__code__.co_filename,
            **options,
        )
        watched = [*own, *(one for one in self.watched if one.name not in {o.name for o in own})]
        self.watched = watched
        facts = replace(FACTS, services=frozenset(given.pop("services", ())))
        return make(self.primary, fix, own, facts=facts, watched=watched, **given)

    def apply(self, plan: Plan, **given) -> Applied:
        """Apply a plan."""
        given = {"watched": self.watched, "settings": FACTS.settings} | given
        orders = {name: given.pop(name) for name in ("most", "patience", "told") if name in given}
        return apply(plan, self.primary, Orders(by="bob", **orders), **given)

    def undo(self, entry: int, services: Iterable[str] = ()) -> Plan:
        """Plan the undo of an entry."""
        facts = replace(FACTS, services=frozenset(services))
        return plan_undo(self.primary, entry, facts=facts, watched=self.watched)

    def execute(self, statements: str) -> None:
        """Do something behind the plan's back, as somebody else."""
        self.database.cluster.execute(statements, self.database.name)

    def text(self) -> dict[str, list[str]]:
        """Every row of every table outside the journal, as text."""
        with self.database.connect() as connection:
            tables = connection.execute(
                "select oid::regclass::text from pg_class where relkind in ('r', 'p')"
                " and relnamespace = 'public'::regnamespace and not relispartition"
            ).fetchall()
            return {
                table: [
                    row[0]
                    for row in connection.execute(
                        f"select t::text from {table} t order by 1".encode()
                    )
                ]
                for (table,) in tables
            }

    def rows(self, question: str) -> list[tuple[object, ...]]:
        """The answer to a question asked as superuser."""
        with self.database.connect() as connection:
            return connection.execute(question.encode()).fetchall()


@contextmanager
def another(desk: Desk) -> Iterator[Desk]:
    """A second engineer's desk at the same primary."""
    with open_primary(desk.primary.dsn, Limits()) as primary:
        yield Desk(desk.database, primary, list(desk.watched))


@contextmanager
def meanwhile(desk: Desk, plan: Plan) -> Iterator[Future[Applied]]:
    """
    Apply in another thread, as far as a trigger that takes the advisory lock 42.

    The block runs while the changes are made and not committed; then they go on.
    """
    with (
        desk.database.connect() as gate,
        another(desk) as elsewhere,
        ThreadPoolExecutor(1) as pool,
    ):
        gate.execute("select pg_advisory_lock(42)")
        applying = pool.submit(elsewhere.apply, plan)
        waiting = "select true from pg_locks where locktype = 'advisory' and not granted"
        until(lambda: applying.done() or gate.execute(waiting).fetchone() is not None)
        try:
            yield applying
        finally:
            gate.execute("select pg_advisory_unlock(42)")


def must(name: str, sql: str, over: str = "jobs", **params) -> Invariant:
    """An invariant by that name that asks one question; it is paired with whatever is planned."""

    def ask(replica):
        """Somebody is harmed."""
        return replica.rows(sql, **params)

    declared = invariant(severity="P1", over=over, fix="mend")(ask)
    return declared.named("shop", f"test_{name}", Path(__file__))


NO_JOB_RUNS = must("no_job_runs", "select id, user_id, touched from jobs where status = 'running'")
