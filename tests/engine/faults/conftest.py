"""A shop of which one good is priced wrongly, and a run of three invariants over it."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from msgspec import Struct, field

from engine.faults.proxy import Proxy, between
from fix_database import Database
from fix_systems import FREE, GOODS, NOW, Opened, asking
from trueup.model.verdict import Outcome, Verdict
from trueup.suite.opened import Systems

WRONG = "select id from goods where price = 7"
KEYS = [("7",)]
PIDS = "select pid from pg_stat_activity where application_name = 'trueup/test'"


class Struck(Struct):
    """What strikes in the middle of a run, once or each time; `times` says how often it did."""

    blow: Callable[[], object]
    once: bool = True
    times: int = 0

    def __call__(self) -> None:
        self.times += 1
        if self.times == 1 or not self.once:
            self.blow()


class Seen(Struct, frozen=True):
    """The verdicts before, at and after the blow."""

    before: Outcome
    at: Outcome
    after: Outcome

    def others_hold(self) -> bool:
        """Whether the blow stopped nobody else, who says what is so."""
        return self.before.verdict is self.after.verdict is Verdict.HOLDS

    def sees_all(self) -> bool:
        """Whether the struck invariant named exactly the row that is wrong."""
        found = [violation.key for violation in self.at.violations]
        return self.at.verdict is Verdict.VIOLATED and found == KEYS


class Shop(Struct):
    """The database, a proxy before its replica, and how a run is made of it."""

    database: Database
    proxy: Proxy
    opened: Opened
    url: str = ""
    kept: list[Systems] = field(default_factory=list)

    def systems(self, more: str = "") -> Systems:
        """The shop as a run opens it, by way of the proxy."""
        run = self.opened(self.url or self.proxy.url(self.database.url()), more)
        self.kept.append(run)
        return run

    def run(self, blow: Struck, sql: str = WRONG, more: str = "") -> Seen:
        """Three invariants, and a blow in the transaction of the second, before its question."""
        run = self.systems(more)
        struck = asking(sql, "no_good_is_priced_wrongly", blow, key="id")
        return Seen(run.outcome(FREE, NOW), run.outcome(struck, NOW), run.outcome(FREE, NOW))

    def one(self, more: str = "") -> Outcome:
        """One invariant alone, from the start."""
        return self.systems(more).outcome(FREE, NOW)

    def standby(self) -> psycopg.Connection:
        """A superuser's connection to the replica, not through the proxy."""
        return self.database.connect("postgres", "standby")

    def end_sessions(self) -> None:
        """Have the server end the run's sessions, the exporter's too."""
        with self.standby() as standby:
            standby.execute(PIDS.replace("select pid", "select pg_terminate_backend(pid, 5000)"))


@pytest.fixture
def shop(database: Database, systems: Opened, monkeypatch) -> Iterator[Shop]:
    """The shop; its retries are quick, its patience short."""
    monkeypatch.setattr("trueup.replica.retry.PAUSES", (0.05, 0.3))
    monkeypatch.setattr("trueup.replica.watchdog.MARGIN", 0.5)
    database.execute(GOODS)
    with between(database.url()) as proxy:
        yield Shop(database, proxy, systems)
