"""The database of a definition, written on the primary and replayed by the standby."""

import random
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import psycopg

from comparison.definition import Check, Definition, Table
from trueup.sample import Cluster

LIMITLESS = 2_100_000
"""Rows that the table of a million violations has at least: a planted row has an even number."""
MILLION = 1_000_000
REPLAY_WITHIN = 900.0

Planted = dict[str, int]
"""How many rows break each check, by its name; none where it holds."""


def planned(definition: Definition, violated: str) -> Planted:
    """How many rows each check is to find; `million` is that of the first check."""
    broken = {
        "none": (),
        "some": [check for check in definition.checks if check.violated],
        "half": definition.checks[::2],
        "million": definition.checks[:1],
    }[violated]
    names = {check.name for check in broken}
    few = {c.name: (3 + i % 5) * (c.name in names) for i, c in enumerate(definition.checks)}
    return {**few, definition.checks[0].name: MILLION} if violated == "million" else few


def sizes(definition: Definition, rows: int, planted: Planted) -> dict[str, int]:
    """How many rows each table gets, in all about `rows`."""
    found = {table.name: max(int(rows * table.share / 100), 50) for table in definition.tables}
    for check in definition.checks:
        if planted[check.name] >= MILLION:
            found[check.table] = max(found[check.table], LIMITLESS)
    return found


def write(
    cluster: Cluster, name: str, definition: Definition, rows: int, planted: Planted
) -> dict[str, int]:
    """Make the database, and wait until the standby has it; how many rows its tables have."""
    cluster.create_database(name)
    for schema in sorted({table.schema for table in definition.tables}):
        cluster.execute(f"create schema if not exists {schema}", name)
    known = sizes(definition, rows, planted)
    largest = sorted(definition.tables, key=lambda table: -table.share)

    def fill(table: Table) -> None:
        broken = [c for c in definition.checks if c.table == table.name and planted[c.name]]
        with cluster.connect("primary", name) as connection:
            _fill(connection, table, broken, known, planted)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(fill, largest))
    with cluster.connect("primary", name) as connection:
        # Not beside another table that is filled: its transaction would keep pages from being
        # marked all-visible, as those of production are, and an index alone could answer nothing.
        connection.execute("vacuum (freeze, analyze)")
    cluster.wait_for_replay(REPLAY_WITHIN)
    return known


def warm(cluster: Cluster, name: str, definition: Definition) -> None:
    """Have the standby read every page of tables and indexes once."""
    with cluster.connect("standby", name) as connection:
        for table in definition.tables:
            connection.execute(f"select count(t) from {table.name} as t".encode())


def _fill(
    connection: psycopg.Connection,
    table: Table,
    broken: list[Check],
    known: Mapping[str, int],
    planted: Planted,
) -> None:
    """Rows first, then the indexes: one sort each in place of a million insertions."""
    connection.execute("set maintenance_work_mem = '256MB'")
    connection.execute(f"create table {table.name} ({_columns(table)})".encode())
    connection.execute("create temporary table planted (n integer, mark text)")
    _plant(connection, broken, known[table.name], planted)
    connection.execute(_insert(table, broken, known).encode())
    for column, (kind, _) in table.columns.items():
        if "primary key" in kind:
            connection.execute(f"alter table {table.name} add primary key ({column})".encode())
    for columns in table.indexes:
        connection.execute(f"create index on {table.name} ({columns})".encode())


def _plant(
    connection: psycopg.Connection, broken: list[Check], rows: int, planted: Planted
) -> None:
    """Choose at random which rows break which check, the same ones each time."""
    total = sum(planted[check.name] for check in broken)
    numbers = iter(random.Random(9).sample(range(2, rows + 1, 2), total))  # noqa: S311  # places, no secrets
    with connection.cursor().copy("copy planted from stdin") as copy:
        for row in _marked(broken, numbers, planted):
            copy.write_row(row)
    connection.execute("analyze planted")


def _marked(
    broken: list[Check], numbers: Iterator[int], planted: Planted
) -> Iterator[tuple[int, str]]:
    for check in broken:
        for _ in range(planted[check.name]):
            yield next(numbers), check.name


def _columns(table: Table) -> str:
    kinds = {name: kind.replace(" primary key", "") for name, (kind, _) in table.columns.items()}
    return ", ".join(f"{name} {kind}" for name, kind in kinds.items())


def _insert(table: Table, broken: list[Check], known: Mapping[str, int]) -> str:
    numbers = {name.replace(".", "_"): rows for name, rows in known.items()}
    values = ", ".join(_value(column, table, broken).format(**numbers) for column in table.columns)
    return (
        f"insert into {table.name} select {values}"
        f" from generate_series(1, {known[table.name]}) as n left join planted using (n)"
    )


def _value(column: str, table: Table, broken: list[Check]) -> str:
    """What the table says, but in rows that break a check."""
    kind, sound = table.columns[column]
    kind = kind.replace(" primary key", "")
    cases = [
        f"when '{check.name}' then ({check.planted[column]})::{kind}"
        for check in broken
        if column in check.planted
    ]
    if not cases:
        return f"({sound})::{kind}"
    return f"case mark {' '.join(cases)} else ({sound})::{kind} end"
