"""What a session costs its server: counted by the server itself, transaction by transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from fix_database import Database
from trueup.errors import QueryError
from trueup.model.cost import CostRecord
from trueup.replica.dsn import Dsn
from trueup.replica.limits import Limits
from trueup.replica.session import Session, open_session
from trueup.replica.spent import Spent

GOODS = """
    create table goods (id int primary key, price int not null, note text not null);
    insert into goods select i, i, repeat('x', 50) from generate_series(1, 20000) i;
    create table wide (id int, wide text);
    alter table wide alter wide set storage external;
    insert into wide values (1, repeat('x', 100000));
"""
PAGES = "select pg_relation_size('goods') / 8192"


@contextmanager
def opened(database: Database, spent: Spent, server: str = "standby") -> Iterator[Session]:
    """A session that counts."""
    session = open_session(
        Dsn(database.url(server=server), "the test's replica"),
        primary_allowed=server == "primary",
        limits=Limits(),
        max_lag=timedelta(seconds=300),
        application="trueup/test",
        spent=spent,
    )
    try:
        yield session
    finally:
        session.close()


@pytest.fixture
def goods(database: Database) -> Database:
    """Twenty thousand goods, vacuumed."""
    database.execute(GOODS)
    with database.connect() as primary:
        primary.execute("vacuum (analyze)")
    database.cluster.wait_for_replay()
    return database


def costs(database: Database, *asked: str) -> CostRecord:
    """What it costs to ask these, each in a transaction of its own."""
    spent = Spent()
    with opened(database, spent) as session:
        for sql in asked:
            with session.reading() as reader:
                list(reader.rows(sql))
    return spent.record()


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("select note from goods where price < 0", 20_000),
        ("select count(*) from goods", 20_000),
        ("select note from goods where id = 7", 1),
        ("select note from goods where id in (4, 800, 16000)", 3),
        ("select id, wide from wide", 1),
        ("select relname from pg_catalog.pg_class", 0),
    ],
    ids=[
        "a whole table",
        "an index alone",
        "a row by its index",
        "several",
        "in parts",
        "PostgreSQL's own",
    ],
)
def test_rows_are_those_that_the_server_read(goods: Database, sql: str, rows: int) -> None:
    assert costs(goods, sql).rows == rows


def test_blocks_are_those_of_the_table(goods: Database) -> None:
    with goods.connect() as primary:
        pages = primary.execute(PAGES).fetchone()[0]

    found = costs(goods, "select note from goods where price < 0")

    assert pages > 100
    assert pages <= found.blocks <= pages + 5


def test_what_was_read_before_counts_once(goods: Database) -> None:
    found = costs(goods, *["select note from goods where price < 0"] * 3)

    assert found.rows == 60_000
    assert found.transactions == 4, "the first, which looks at the server, and one each"
    assert found.connections == 1
    assert not found.at_least


def test_no_parallel_worker_reads_what_nobody_counts(goods: Database) -> None:
    """Their reads are told to nobody; the guard lets none work."""
    goods.execute(
        f"alter database {goods.name} set max_parallel_workers_per_gather = 2;"
        f"alter database {goods.name} set parallel_setup_cost = 0;"
        f"alter database {goods.name} set parallel_tuple_cost = 0;"
        f"alter database {goods.name} set min_parallel_table_scan_size = 0;"
        f"alter database {goods.name} set parallel_leader_participation = off"
    )

    found = costs(goods, "select note from goods where price < 0")

    assert (found.rows, found.at_least) == (20_000, False)


def test_a_transaction_that_failed_is_counted_though_nobody_knows_what_it_read(goods) -> None:
    spent = Spent()
    with opened(goods, spent) as session:
        with pytest.raises(QueryError), session.reading() as reader:
            list(reader.rows("select 1 / (price - price) as id from goods"))
        with session.reading() as reader:
            list(reader.rows("select note from goods where id = 7"))

    found = spent.record()

    assert (found.transactions, found.rows, found.at_least) == (3, 1, True)


def test_a_server_that_counts_nothing_is_not_believed(goods: Database) -> None:
    goods.execute(f"alter database {goods.name} set track_counts = off")

    found = costs(goods, "select note from goods where price < 0")

    assert (found.rows, found.at_least) == (0, True)


def test_the_time_that_answers_took_and_a_snapshot_was_held(goods: Database) -> None:
    spent = Spent()
    with opened(goods, spent, "primary") as session, session.reading() as reader:
        list(reader.rows("select max(sqrt(n)) as id from generate_series(1, 2000000) n"))

    found = spent.record()

    assert 0.1 < found.seconds < found.longest_snapshot < 20
