"""The index that is suggested makes another plan; where it would not, none is suggested."""

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from trueup.replica.index import TABLE, Table, suggested, wanted
from trueup.replica.plan import lines
from trueup.replica.planner import Node, nodes

JOBS = """
    create type kind as enum ('import', 'export');
    create table owners (id int primary key, name text);
    insert into owners select i, 'o' || i from generate_series(1, 2000) i;
    create table jobs (
        id int primary key, owner int not null, status text not null, label varchar(10),
        kind kind not null, made timestamptz not null, gone timestamptz, "Of" uuid,
        data jsonb, pad text
    );
    insert into jobs
    select i, i % 20000, case when i % 1000 = 0 then 'running' else 'done' end, 'k' || i % 500,
           case when i % 2000 = 0 then 'export'::kind else 'import' end,
           timestamptz '2026-11-02' - i * interval '1 minute',
           case when i % 3000 = 1 then timestamptz '2026-11-02' end, gen_random_uuid(),
           to_jsonb(i), repeat('x', 150)
    from generate_series(1, 60000) i;
"""
NOV, OCT = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)


@pytest.fixture(scope="module")
def jobs(cluster) -> Any:
    """Sixty thousand jobs on a primary; every test rolls back."""
    name = "test_jobs"
    cluster.create_database(name)
    cluster.execute(f"create schema if not exists public; {JOBS}", name)
    with cluster.connect("primary", name) as connection:
        connection.autocommit = True
        connection.execute("vacuum (analyze)")
        connection.execute("set max_parallel_workers_per_gather = 0")
        yield connection
    with cluster.connect() as connection:
        connection.execute("drop database test_jobs with (force)")


def plan(jobs: psycopg.Connection, sql: str, params: dict[str, object]) -> Node:
    found: Node = jobs.execute("explain (format json, verbose) " + sql, params).fetchone()[0][0]
    return found["Plan"]  # type: ignore[no-any-return]  # JSON


def suggestion(jobs: psycopg.Connection, sql: str, params: dict[str, object]) -> str:
    for one in wanted(plan(jobs, sql, params)):
        [row] = jobs.execute(TABLE, [one.schema, one.table]).fetchall()
        text = suggested(one, Table(*row), sql)
        if text:
            return text
    return ""


HELPED = [
    (
        "select id from jobs where status = 'running' and made < %(t)s",
        {"t": OCT},
        "public.jobs (made) where status = 'running'",
    ),
    ("select id from jobs where status = 'running'", {}, "public.jobs (status)"),
    ("select id from jobs where status = %(s)s", {"s": "running"}, "public.jobs (status)"),
    (
        "select id from jobs where status = %(s)s and made < %(t)s",
        {"s": "running", "t": OCT},
        "public.jobs (status, made)",
    ),
    (
        "select id from jobs j where 'running' = status and j.owner = any(%(l)s)",
        {"l": [1, 2]},
        "public.jobs (owner, status)",
    ),
    ("select id from jobs where kind = 'export'", {}, "public.jobs (kind)"),
    (
        "select id from jobs where label = %(k)s and made < %(t)s",
        {"k": "k7", "t": OCT},
        "public.jobs (label, made)",
    ),
    ('select id from jobs where "Of" = %(u)s', {"u": "0" * 32}, 'public.jobs ("Of")'),
    (
        "select id from jobs where gone is null and owner = %(o)s",
        {"o": 7},
        "public.jobs (owner) where gone is null",
    ),
    (
        "select id from jobs where gone is not null",
        {},
        "public.jobs (gone) where gone is not null",
    ),
    (
        "select id, (select count(*) from jobs j where j.owner = o.id) from owners o where id < 4",
        {},
        "public.jobs (owner)",
    ),
    (
        "select count(*) from (select id from jobs where owner = 7) as asked",
        {},
        "public.jobs (owner)",
    ),
]


@pytest.mark.parametrize(("sql", "params", "index"), HELPED)
def test_the_suggested_index_changes_the_plan(jobs, sql: str, params, index: str) -> None:
    before = plan(jobs, sql, params)

    text = suggestion(jobs, sql, params)

    assert text == f"create index concurrently on {index}"
    with jobs.transaction(force_rollback=True):
        jobs.execute(text.replace(" concurrently", ""))
        jobs.execute("analyze jobs")
        after = plan(jobs, sql, params)
        again = suggestion(jobs, sql, params)
    assert "jobs" in scanned(before)
    assert "jobs" not in scanned(after)
    assert float(after["Total Cost"]) < 0.2 * float(before["Total Cost"])
    assert again == ""


def scanned(found: Node) -> set[str]:
    """The tables that are read as a whole."""
    return {node["Relation Name"] for node in nodes(found) if node["Node Type"] == "Seq Scan"}


def test_the_inner_side_of_a_nested_loop_is_found_by_an_index(jobs) -> None:
    sql = (
        "select id from owners o where id < 3"
        " and not exists (select from jobs j where j.owner = o.id)"
    )
    with jobs.transaction(force_rollback=True):
        jobs.execute("set local enable_hashjoin = off; set local enable_mergejoin = off")
        text = suggestion(jobs, sql, {})
        before = plan(jobs, sql, {})
        jobs.execute(text.replace(" concurrently", ""))
        after = plan(jobs, sql, {})

    assert text == "create index concurrently on public.jobs (owner)"
    assert "jobs" in scanned(before)
    assert "jobs" not in scanned(after)


@pytest.mark.parametrize(
    ("sql", "params"),
    [
        ("select id from jobs where status = 'done'", {}),
        ("select id from jobs where lower(status) = 'running'", {}),
        ("select id from jobs where status = 'running' and pad like '%%y'", {}),
        ("select id from jobs where status = 'running' and made < %(t)s and gone > %(t)s",
         {"t": NOV}),
        ("select id from jobs where data = '7'", {}),
        ("select id from jobs where id = 7", {}),
        ("select id from owners where name = 'o7'", {}),
        ("select id from jobs where kind::text = 'export'", {}),
        ("select count(*), count(*) filter (where status = 'running') from jobs", {}),
    ],
    ids=["most rows", "a function", "what is not known", "two orders", "a type that is long",
         "there is one", "a small table", "a cast", "a scan that counts"],
)  # fmt: skip
def test_none_is_better_than_a_wrong_one(jobs, sql: str, params: dict[str, object]) -> None:
    assert suggestion(jobs, sql, params) == ""


def test_a_parameter_is_never_repeated(jobs) -> None:
    """Not even where a literal of the same text stands elsewhere in the SQL."""
    sql = "select id, 'running' as word from jobs where status = %(s)s and made < %(t)s"

    assert suggestion(jobs, sql, {"s": "running", "t": OCT}).endswith("(status, made)")


@pytest.mark.parametrize(
    "known", ["(made, status)", "(status, made, owner)", "(made) where id > 5"]
)
def test_where_there_is_such_an_index_that_is_not_used_none_is_suggested(jobs, known: str) -> None:
    sql = "select id from jobs where status = 'running' and made < %(t)s"
    with jobs.transaction(force_rollback=True):
        jobs.execute("set local enable_indexscan = off; set local enable_bitmapscan = off")
        before = suggestion(jobs, sql, {"t": OCT})
        jobs.execute(f"create index on jobs {known}")
        found = plan(jobs, sql, {"t": OCT})
        after = suggestion(jobs, sql, {"t": OCT})

    assert scanned(found) == {"jobs"}
    assert (bool(before), after) == (True, "")


def test_a_partition_gets_none(jobs) -> None:
    with jobs.transaction(force_rollback=True):
        jobs.execute(
            "create table parts (id int, n int, pad text) partition by range (id);"
            "create table part partition of parts for values from (0) to (100000);"
            "insert into parts select i, i, repeat('x', 200) from generate_series(1, 60000) i;"
            "analyze parts"
        )
        found = plan(jobs, "select id from parts where n = 7", {})
        text = suggestion(jobs, "select id from parts where n = 7", {})

    assert scanned(found) == {"part"}
    assert text == ""


def test_a_plan_in_lines_names_steps_and_columns_and_no_value(jobs) -> None:
    sql = (
        "select o.id from owners o join jobs j on j.owner = o.id"
        " where j.status = 'sec.ret' and o.name like %(x)s and j.made < '2026-10-25'"
    )

    found = lines(plan(jobs, sql, {"x": "topsecret.name%"}))

    text = "\n".join(found)
    assert not [word for word in ("ret", "secret", "2026", "topsecret") if word in text]
    assert "filtered by j.made, j.status" in text
    assert " on public.jobs j, about 1 row, cost " in text
    assert "joined on " in text or "index on " in text or "compared on " in text


def test_a_long_plan_is_cut(jobs) -> None:
    sql = " union all ".join(f"select id from jobs where owner = {n}" for n in range(70))

    found = lines(plan(jobs, sql, {}))

    assert len(found) == 61
    assert found[-1] == "and 11 more steps"
