"""
What a suite says while its replica is struck: a thousand runs, and never a wrong verdict.

Six invariants whose truth is known, three that hold and three that are violated by known rows,
are evaluated again and again while a random fault strikes at a random moment. A *false pass* is a
verdict of holds where rows break the invariant, or where the run could not look; a *false
violation* names a row that breaks nothing, or leaves one out. Unknown is never false.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Timer

import psycopg
from msgspec import Struct, field

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from engine.faults.proxy import Proxy, between, refusal  # noqa: E402  # below tests/
from trueup import invariant  # noqa: E402  # after the path is set
from trueup.config import Project, read  # noqa: E402  # as above
from trueup.model.invariant import Invariant  # noqa: E402  # as above
from trueup.model.verdict import Outcome, Verdict  # noqa: E402  # as above
from trueup.model.violation import key_text  # noqa: E402  # as above
from trueup.replica import retry, watchdog  # noqa: E402  # as above
from trueup.sample import Cluster, scratch  # noqa: E402  # as above
from trueup.suite.opened import Systems  # noqa: E402  # as above

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
DATABASE = "struck"
CONFIG = """
[systems.shop]
title = "Shop"

[systems.shop.environments.struck]
replica = "STRUCK_REPLICA_URL"
statement_timeout = 0.5
lock_timeout = 0.1
"""
SCHEMA = """
    create schema if not exists public;
    create table goods (id int primary key, price int not null);
    insert into goods select i, i % 100 from generate_series(1, 2000) i;
    create table sales (id int primary key, good int not null);
    insert into sales select i, i from generate_series(1, 1000) i;
    insert into sales values (1001, 9001), (1002, 9002);
    create role struck_reader login password 'struck' connection limit 20;
    grant pg_monitor to struck_reader;
    grant select on goods, sales to struck_reader;
"""
TRUTH: dict[str, tuple[str, list[int]]] = {
    "no_price_is_negative": ("select id from goods where price < 0", []),
    "no_price_is_above_99": ("select id from goods where price > 99", []),
    "no_sale_is_without_id": ("select id from sales where id is null", []),
    "no_early_good_is_free": (
        "select id from goods where price = 0 and id <= 300 order by id",
        [100, 200, 300],
    ),
    "every_sale_is_of_a_good": (
        "select id from sales s where not exists (select from goods g where g.id = s.good)",
        [1001, 1002],
    ),
    "no_good_is_number_seven": ("select id from goods where id = 7", [7]),
}


class Struck(Struct):
    """What a fault may strike, and what it did."""

    cluster: Cluster
    proxy: Proxy
    random: random.Random
    blind: bool = False
    undo: list[Callable[[], object]] = field(default_factory=list)

    def primary(self, *statements: str) -> None:
        """Run SQL on the primary, one statement a transaction, and let the standby have it."""
        with self.cluster.connect("primary", DATABASE) as connection:
            for statement in statements:
                connection.execute(statement.encode())
        self.cluster.wait_for_replay()

    def standby(self, statement: str) -> None:
        """Run SQL on the standby."""
        with self.cluster.connect("standby", DATABASE) as connection:
            connection.execute(statement.encode())


def terminate(struck: Struck) -> None:
    """End one of the run's sessions, or all."""
    some = "" if struck.random.random() < 0.5 else "limit 1"
    struck.standby(
        "select pg_terminate_backend(pid) from (select pid from pg_stat_activity"
        f" where usename = 'struck_reader' {some}) s"
    )


def cancel(struck: Struck) -> None:
    """Cancel whatever the run is asking."""
    struck.standby(
        "select pg_cancel_backend(pid) from pg_stat_activity where usename = 'struck_reader'"
    )


def reset(struck: Struck) -> None:
    """Reset the run's connections."""
    struck.proxy.reset()


def cut(struck: Struck) -> None:
    """Cut connections after so many bytes."""
    struck.proxy.cut_after = struck.random.randrange(100, 9000)
    struck.undo.append(lambda: setattr(struck.proxy, "cut_after", None))


def refuse(struck: Struck) -> None:
    """Refuse the next connections, and end those there are."""
    words = (b"", refusal("57P03", "the database system is starting up"))
    struck.proxy.refusals += [struck.random.choice(words)] * struck.random.randrange(1, 5)
    struck.undo.append(struck.proxy.refusals.clear)
    struck.proxy.reset()


def lock(struck: Struck) -> None:
    """A migration holds a lock that the standby heeds."""
    holder = struck.cluster.connect("primary", DATABASE)
    struck.undo.append(holder.close)
    holder.execute("begin; lock table goods in access exclusive mode; select pg_current_xact_id()")
    struck.cluster.wait_for_replay()


def conflict(struck: Struck) -> None:
    """Clean away what the run's snapshot may still need."""
    struck.primary("update goods set price = price where id <= 50", "vacuum goods")


def migrate(struck: Struck) -> None:
    """Take a column away, and give it back in the end."""
    struck.undo.append(lambda: struck.primary("alter table goods rename column cost to price"))
    struck.primary("alter table goods rename column price to cost")


def revoke(struck: Struck) -> None:
    """Take the reader's right to look."""
    struck.undo.append(lambda: struck.primary("grant select on goods to struck_reader"))
    struck.primary("revoke select on goods from struck_reader")


def hide(struck: Struck) -> None:
    """Hide every row from the reader."""
    struck.undo.append(lambda: struck.primary("alter table goods disable row level security"))
    struck.primary("alter table goods enable row level security")


def pause(struck: Struck) -> None:
    """Pause replay before the run begins: it may not say anything of what it sees."""
    struck.undo.append(lambda: struck.standby("select pg_wal_replay_resume()"))
    struck.standby("select pg_wal_replay_pause()")
    struck.blind = True


FAULTS = (terminate, cancel, reset, cut, refuse, lock, conflict, migrate, revoke, hide, pause)


def main() -> int:
    """Run, count, print; fail where a verdict was false, or where too little was struck."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=2026)
    given = parser.parse_args()
    print(f"seed {given.seed}")
    retry.PAUSES = (0.02, 0.1)
    watchdog.MARGIN = 0.5
    counts, faults, verdicts = Counter[str](), Counter[str](), Counter[str]()
    started = time.monotonic()
    with prepared() as struck:
        struck.random.seed(given.seed)
        for _ in range(given.runs):
            one(struck, counts, faults, verdicts)
    print(f"verdicts: {told(verdicts)}")
    print(f"runs in which a fault changed something: {counts['touched']}; by kind: {told(faults)}")
    print(f"{time.monotonic() - started:.0f} s")
    print(f"runs={given.runs} false_passes={counts['pass']} false_violations={counts['violation']}")
    wrong = counts["pass"] + counts["violation"]
    return 0 if not wrong and counts["touched"] >= given.runs / 3 else 1


@contextmanager
def prepared() -> Iterator[Struck]:
    """The two servers, the database of known truth, and a proxy before the standby."""
    with scratch() as cluster:
        cluster.create_database(DATABASE)
        cluster.execute(SCHEMA, DATABASE)
        with cluster.connect("standby") as standby:
            standby.execute("alter system set max_standby_streaming_delay = '20ms'")
            standby.execute("select pg_reload_conf()")
        cluster.wait_for_replay()
        url = cluster.dsn("trueup_reader", "standby", DATABASE)
        login = f"trueup_reader:{cluster.passwords['trueup_reader']}"
        with between(url) as proxy:
            os.environ["STRUCK_REPLICA_URL"] = proxy.url(url.replace(login, "struck_reader:struck"))
            yield Struck(cluster, proxy, random.Random())  # noqa: S311  # chooses faults, no secrets


def one(struck: Struck, counts: Counter[str], faults: Counter[str], verdicts: Counter[str]) -> None:
    """One run under one fault; what it broke is mended afterwards."""
    fault = struck.random.choice(FAULTS)
    struck.blind = False
    faults[fault.__name__] += 1
    timer = Timer(struck.random.uniform(0, 0.12), lambda: attempt(fault, struck))
    if fault is pause:
        fault(struck)
    else:
        timer.start()
    outcomes = evaluated()
    timer.cancel()
    with suppress(RuntimeError):  # a timer that was never started
        timer.join()
    while struck.undo:
        struck.undo.pop()()
    struck.cluster.wait_for_replay()
    counts["touched"] += struck.blind or any(
        o.verdict is Verdict.UNKNOWN for o in outcomes.values()
    )
    for name, outcome in outcomes.items():
        verdicts[str(outcome.verdict)] += 1
        counts[falsehood(struck, outcome, TRUTH[name][1])] += 1


def attempt(fault: Callable[[Struck], None], struck: Struck) -> None:
    """Strike; a blow that itself is struck down has still struck."""
    with suppress(psycopg.Error, OSError):
        fault(struck)


def evaluated() -> dict[str, Outcome]:
    """The six verdicts of one run."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "trueup.toml"
        file.write_text(CONFIG)
        systems = Systems.of(Project(file.parent, read(file)), "struck", ("shop",), "bench")
        try:
            return {name: systems.outcome(asking(name), NOW) for name in TRUTH}
        finally:
            systems.close()


def asking(name: str) -> Invariant:
    """The invariant of that name."""
    sql, _ = TRUTH[name]

    def ask(replica):  # type: ignore[no-untyped-def]  # as an invariant is written
        """Somebody is harmed."""
        return replica.rows(sql)

    table = "sales" if "sale" in name else "goods"
    declared = invariant(severity="P1", over=table, fix="none", key="id")(ask)
    return declared.named("shop", f"test_{name}", Path(__file__))


def falsehood(struck: Struck, outcome: Outcome, truth: list[int]) -> str:
    """`pass` or `violation` for a verdict that is not so, else nothing."""
    if outcome.verdict is Verdict.UNKNOWN:
        return ""
    if struck.blind:
        return "pass" if outcome.verdict is Verdict.HOLDS else "violation"
    keys = sorted(int(key_text(violation.key)) for violation in outcome.violations)
    if outcome.verdict is Verdict.HOLDS:
        return "pass" if truth else ""
    return "violation" if keys != truth else ""


def told(counter: Counter[str]) -> str:
    """The counts in words, largest first."""
    return ", ".join(f"{name} {count}" for name, count in counter.most_common())


if __name__ == "__main__":
    sys.exit(main())
