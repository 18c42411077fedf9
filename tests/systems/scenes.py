"""A system's sample as the tests see it: sound, broken, asked, and compared byte by byte."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from msgspec import Struct
from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composed, Identifier

from fix_database import Database, opened
from trueup import catalog
from trueup.config import Project, find_project
from trueup.evaluate import evaluate
from trueup.library.schema import Recorded, record
from trueup.mending.opened import service
from trueup.model.invariant import Invariant
from trueup.model.plan import OWNER, Plan, PlannedChange
from trueup.model.verdict import Outcome, Verdict
from trueup.model.violation import Violation, key_text
from trueup.primary import journal_schema, planning
from trueup.primary.applied import Applied
from trueup.primary.apply import Orders, apply
from trueup.primary.owner import Owner
from trueup.primary.service import Service
from trueup.primary.session import Primary, open_primary
from trueup.primary.undo import plan_undo
from trueup.readers.http.probe import Http
from trueup.readers.storage.reader import Storage
from trueup.readers.stripe.reader import Stripe
from trueup.replica import journal
from trueup.replica.connection import connect
from trueup.replica.dsn import Dsn
from trueup.replica.limits import Limits
from trueup.replica.reader import Reader
from trueup.replica.visitor import Visitor
from trueup.sample import CLOCK, Cluster, Fault, faults
from trueup.sample import systems as worlds
from trueup.sample.outside import outside

ROOT = Path(__file__).parents[2]

SCHEMAS = "('pg_catalog', 'information_schema', 'pg_toast', 'trueup')"

_TABLES = f"""
    select format('%I.%I', nspname, relname)
    from pg_class c join pg_namespace n on n.oid = relnamespace
    where relkind in ('r', 'p') and nspname not in {SCHEMAS} order by 1
"""


_NUDGED = """
    select attname, case typname
        when 'timestamptz' then '{} + make_interval(secs => 1)'
        when 'timestamp' then '{} + make_interval(secs => 1)'
        when 'bool' then 'not {}'
        when 'int4' then '{} + 1'
        when 'text' then 'concat({}, chr(46))'
    end
    from pg_attribute join pg_type on pg_type.oid = atttypid
    where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped and attgenerated = ''
      and typname in ('timestamptz', 'timestamp', 'bool', 'int4', 'text')
    order by typname not in ('timestamptz', 'timestamp'), typname
"""


class World(Struct, frozen=True):
    """What is outside of a system."""

    stripe: Stripe | None
    http: Http
    storage: Storage
    services: Mapping[str, Service]

    @property
    def resources(self) -> dict[str, object]:
        """What an invariant may ask for."""
        return {"stripe": self.stripe, "http": self.http, "storage": self.storage}


class Scene(Struct, frozen=True):
    """One system of the sample, on servers of the tests' own."""

    project: Project
    cluster: Cluster
    system: str

    @property
    def database(self) -> Database:
        """Its database."""
        return Database(self.cluster, self.system)

    @property
    def invariants(self) -> tuple[Invariant, ...]:
        """What must be true of it."""
        return catalog.load(self.project.root, (self.system,)).of(self.system)

    @property
    def settings(self) -> Mapping[str, object]:
        """What trueup.toml says of it, and what planted faults say otherwise."""
        planted = worlds.settings(self.cluster, folder(self.system))
        return {**self.project.system(self.system).settings, **planted}

    def plant(self, *planted: Fault) -> None:
        """Put it back to sound, then break it."""
        worlds.mend(self.cluster, folder(self.system))
        for fault in planted:
            worlds.plant(self.cluster, folder(self.system), fault)

    def outcomes(self) -> dict[str, Outcome]:
        """Every invariant's outcome, on the standby."""
        self.cluster.wait_for_replay()
        with (
            opened(self.database) as session,
            self._visitor() as visitor,
            self._outside() as world,
        ):
            found = {}
            for invariant in self.invariants:
                with session.reading() as reader:
                    resources = self._resources(reader, visitor) | world.resources
                    found[invariant.name] = evaluate(invariant, resources)
        return found

    def bytes(self) -> dict[str, list[str]]:
        """Every row of every table, as text."""
        with self.database.connect() as connection:
            tables = [row[0] for row in connection.execute(_TABLES)]
            return {
                table: [row[0] for row in connection.execute(_rows(table).encode())]
                for table in tables
            }

    def shape(self) -> Recorded:
        """Its schema, as `trueup record` would write it."""
        self.cluster.wait_for_replay()
        with opened(self.database) as session, session.reading() as reader:
            return record(reader)

    def row(self, question: str) -> dict[str, Any]:
        """The one row of a question, on the primary."""
        with self.database.connect() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            [found] = cursor.execute(question.encode()).fetchall()
        return found

    def plan(self, fix: str, invariant: str = "", rows: Sequence[Violation] = ()) -> Plan:
        """Plan a fix for one invariant, or for rows, on the primary, as the fixer."""
        paired = tuple(one for one in self.invariants if one.name == invariant)
        found = catalog.find_fix(self.project.root, self.system, fix)
        with (
            self._primary() as primary,
            self._visitor() as visitor,
            self._outside() as world,
        ):
            return planning.make(
                primary,
                found,
                paired,
                facts=self._facts(world),
                watched=self.invariants,
                others={"visitor": visitor, **world.resources},
                rows=rows,
            )

    def apply(self, plan: Plan) -> Applied:
        """Apply a plan, as whoever may, and let the standby witness it."""
        owner = Dsn(self.database.url("postgres", "primary"), "the test's owner")
        with (
            open_primary(owner, Limits()) if plan.alterations else self._primary() as primary,
            opened(self.database) as replica,
            self._outside() as world,
        ):
            return apply(
                plan,
                primary,
                Orders(by="a test"),
                watched=self.invariants,
                settings=self.settings,
                services={OWNER: Owner(owner), **world.services},
                replica=replica,
                stripe=world.stripe,
                storage=world.storage,
            )

    def disturb(self, plan: Plan) -> int:
        """Change every row that a plan would, a little, behind its back; gives how many."""
        disturbed = 0
        with self.database.connect() as connection:
            connection.execute("set session_replication_role = replica")
            for change in plan.changes:
                if change.before is not None:
                    disturbed += connection.execute(*_nudge(connection, change)).rowcount
        return disturbed

    def plan_undo(self, entry: int) -> Plan:
        """Plan the undo of a journal entry."""
        with self._primary() as primary, self._outside() as world:
            return plan_undo(primary, entry, facts=self._facts(world), watched=self.invariants)

    @contextmanager
    def _outside(self) -> Iterator[World]:
        """What invariants read outside, and the services that fixes call."""
        with (
            outside(self.cluster, folder(self.system)) as found,
            TemporaryDirectory() as shelf,
            closing(Http(found.addresses)) as http,
            closing(Storage(found.storage, Path(shelf) / "storage")) as storage,
        ):
            services = {
                name: service(name, config, found.given, name)
                for name, config in found.services.items()
            }
            stripe = Stripe(found.stripe, Path(shelf), per_second=1000) if found.stripe else None
            try:
                yield World(stripe, http, storage, services)
            finally:
                if stripe is not None:
                    stripe.close()

    @contextmanager
    def _primary(self) -> Iterator[Primary]:
        owner = Dsn(self.database.url("postgres", "primary"), "the test's owner")
        fixer = Dsn(self.database.url("trueup_fixer", "primary"), "the test's primary")
        with open_primary(fixer, Limits()) as primary:
            if journal.fault(primary.connection):
                journal_schema.install(owner, primary.role)
            yield primary

    def _facts(self, world: World) -> planning.Facts:
        return planning.Facts(
            system=self.system,
            environment="sample",
            by="a test",
            reason="to see it work",
            code="the tests",
            now=CLOCK,
            settings=self.settings,
            person=catalog.person(self.project.root, self.system),
            services=frozenset(world.services),
            stripe=world.stripe,
        )

    def _resources(self, reader: Reader, visitor: Visitor) -> dict[str, object]:
        given = {"replica": reader, "visitor": visitor, "settings": self.settings}
        return {**given, "now": CLOCK}

    @contextmanager
    def _visitor(self) -> Iterator[Visitor]:
        dsn = Dsn(self.database.url("authenticator"), "the test's visitor")
        visitor = Visitor(connect(dsn, standby=True, application="trueup/test"))
        try:
            yield visitor
        finally:
            visitor.close()


def _nudge(connection: Connection, change: PlannedChange) -> tuple[Composed, list[str | None]]:
    """A statement that moves one value of a planned row, of a type that takes any other."""
    schema, _, name = change.table.rpartition(".")
    table = Identifier(schema or "public", name)
    columns = connection.execute(_NUDGED, [table.as_string(connection)]).fetchall()
    free = [(column, how) for column, how in columns if column not in change.key]
    column, how = next((c, h) for c, h in free if change.before[c] is not None)
    moved = SQL("update {} set {} = ").format(table, Identifier(column)) + SQL(how).format(
        Identifier(column)
    )
    keyed = SQL(" and ").join(SQL("{}::text = %s").format(Identifier(key)) for key in change.key)
    return moved + SQL(" where ") + keyed, list(change.key.values())


def _rows(table: str) -> str:
    return f"select t::text from {table} t order by 1"


def systems() -> tuple[str, ...]:
    """The systems that have a sample."""
    return tuple(name for name, found in project().config.systems.items() if found.sample)


def project() -> Project:
    """This repository."""
    return find_project(ROOT)


def folder(system: str) -> Path:
    """Where a system's sample is made from."""
    return ROOT / "tests" / "systems" / system


def shapes(system: str) -> list[Path]:
    """Other shapes of its schema: SQL that turns the one deployed into each."""
    known = {"schema.sql", "sound.sql"}
    return sorted(path for path in folder(system).glob("*.sql") if path.name not in known)


def all_faults() -> list[tuple[str, Fault]]:
    """Every fault of every system."""
    return [(system, fault) for system in systems() for fault in faults.load(folder(system))]


def pairs() -> list[tuple[str, Fault, str]]:
    """Every fault with each fix of its invariant."""
    found = []
    for system, fault in all_faults():
        known = catalog.load(ROOT, (system,)).of(system)
        [broken] = [one for one in known if one.name == fault.invariant]
        found += [(system, fault, fix) for fix in broken.fixes]
    return found


def named(outcomes: Mapping[str, Outcome]) -> dict[str, set[str]]:
    """The keys of each violated invariant."""
    return {
        name: {key_text(violation.key) for violation in outcome.violations}
        for name, outcome in outcomes.items()
        if outcome.verdict is Verdict.VIOLATED
    }


def expected(planted: list[Fault]) -> dict[str, set[str]]:
    """What those faults must name."""
    keys: dict[str, set[str]] = {}
    for fault in planted:
        for name, broken in ((fault.invariant, fault.keys), *fault.also.items()):
            keys.setdefault(name, set()).update(broken)
    return keys


def stepped(plan: Plan, fault: Fault) -> set[str]:
    """The planted keys that the plan leaves to a person."""
    mended = {key_text(target.key) for target in plan.targets}
    return set(fault.keys) - mended if plan.steps else set()


def unsound(outcomes: Mapping[str, Outcome]) -> dict[str, str]:
    """Verdicts other than holds and violated, with their reasons."""
    fine = (Verdict.HOLDS, Verdict.VIOLATED)
    return {name: o.reason for name, o in outcomes.items() if o.verdict not in fine}
