"""The index that would help a plan: only where the plan, the table and its indexes all say so."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from trueup.replica.condition import Compared, compared, unquoted
from trueup.replica.names import identifier
from trueup.replica.planner import Node, nodes

PAGES = 1000
"""Pages (8 kB) from which reading a whole table is worth avoiding."""

FEW = 0.05
"""The share of its rows beyond which a table is read as fast without an index."""

WIDEST = 3
"""Columns; an index of more serves one question, and costs each write."""

TABLE = """
    select pg_catalog.pg_relation_size(c.oid) / 8192, c.reltuples::float8,
           c.relkind = 'r' and not c.relispartition,
           (select coalesce(json_object_agg(a.attname, json_build_object('type', t.typname,
                       'category', t.typcategory, 'distinct', s.n_distinct)), '{}')
            from pg_catalog.pg_attribute a
            join pg_catalog.pg_type t on t.oid = a.atttypid
            left join pg_catalog.pg_stats s on s.schemaname = n.nspname
                and s.tablename = c.relname and s.attname = a.attname and not s.inherited
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
           (select coalesce(json_agg(array(
                       select coalesce(a.attname::text, '')
                       from pg_catalog.unnest(i.indkey::int2[]) with ordinality as k(number, place)
                       left join pg_catalog.pg_attribute a
                           on a.attrelid = i.indrelid and a.attnum = k.number and k.number <> 0
                       order by k.place)), '[]')
            from pg_catalog.pg_index i where i.indrelid = c.oid)
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = %s and c.relname = %s
"""
"""Pages, rows, whether an index can be made, the columns, and the columns of each index."""

_SORTED = frozenset({"B", "D", "E", "N", "S"})
"""Categories of types (pg_type.typcategory) that are short and have an order; uuid has none."""

_VALUE = re.compile(r"(?P<value>'(?:[^']|'')*'|-?\d+(?:\.\d+)?)(?:::.*)?", re.DOTALL)


class Wanted(Struct, frozen=True):
    """
    A table that a plan reads as a whole although few of its rows are wanted at a time.

    `rows` is how many the planner expects, None where only the columns' statistics can tell.
    """

    schema: str
    table: str
    compared: Sequence[Compared]
    rows: float | None


class Table(Struct, frozen=True):
    """What TABLE says of one."""

    pages: int
    rows: float
    may_have: bool
    columns: Mapping[str, Mapping[str, Any]]
    indexes: Sequence[Sequence[str]]


def wanted(plan: Node) -> list[Wanted]:
    """What the plan reads as a whole and need not, the dearest first."""
    workers = max((int(node.get("Workers Planned", 0)) for node in nodes(plan)), default=0)
    found: list[tuple[float, Wanted]] = []
    for node in nodes(plan):
        one = _by_filter(node, workers) or _by_join(node)
        if one is not None:
            found.append((float(node["Total Cost"]), one))
    return [one for _, one in sorted(found, key=lambda pair: -pair[0])]


def suggested(one: Wanted, table: Table, sql: str) -> str:
    """
    The statement that makes the index, where the table is what it takes; else nothing.

    A constant is repeated only where the SQL itself has it, so never a parameter.
    """
    if not table.may_have or table.pages < PAGES or table.rows <= 0 or not _is_few(one, table):
        return ""
    if not all(_can_lead(part, table) for part in one.compared):
        return ""
    names, where = _shape(one.compared, sql)
    known = {part.column for part in one.compared if part.how in "=<"}
    if not 0 < len(names) <= WIDEST or _has(table, names) or _has(table, known):
        return ""
    on = identifier(f"{one.schema}.{one.table}")
    only = f" where {' and '.join(where)}" if where else ""
    return f"create index concurrently on {on} ({', '.join(names)}){only}"


def _by_filter(node: Node, workers: int) -> Wanted | None:
    """A scan of all rows that throws most of them away, or does so for each row of another."""
    whole = node["Node Type"] == "Seq Scan" or (
        node["Node Type"] == "Index Scan" and "Index Cond" not in node
    )
    if not whole or "Filter" not in node:
        return None
    times = workers + 1 if node.get("Parallel Aware") else 1  # a parallel scan tells of one worker
    return _of(node, node["Filter"], node["Plan Rows"] * times)


def _by_join(node: Node) -> Wanted | None:
    """The inner side of a nested loop, read as a whole for each row of the outer."""
    if node["Node Type"] != "Nested Loop" or "Join Filter" not in node:
        return None
    inner = node["Plans"][1]
    while inner["Node Type"] in {"Materialize", "Memoize"}:
        inner = inner["Plans"][0]
    return _of(inner, node["Join Filter"], None) if inner["Node Type"] == "Seq Scan" else None


def _of(scan: Node, condition: str, rows: float | None) -> Wanted | None:
    """Nothing where a name has a dot, since a dotted name would then mean another table."""
    parts = compared(condition, scan["Alias"])
    schema, table = scan.get("Schema", ""), scan["Relation Name"]
    if not parts or not schema or "." in schema + table:
        return None
    return Wanted(schema, table, parts, rows)


def _is_few(one: Wanted, table: Table) -> bool:
    if one.rows is not None:
        return one.rows <= FEW * table.rows
    return any(part.how == "=" and _values(part, table) >= 1 / FEW for part in one.compared)


def _values(part: Compared, table: Table) -> float:
    """How many values a column has; the statistics say it as a share of the rows, below 0."""
    found = float(table.columns.get(unquoted(part.column), {}).get("distinct") or 0)
    return found if found >= 0 else -found * table.rows


def _can_lead(part: Compared, table: Table) -> bool:
    """Whether an index of the column as it is can be asked this, and its values are short."""
    column = table.columns.get(unquoted(part.column))
    if column is None or (part.cast and column["type"] != "varchar"):
        return False
    return column["category"] in _SORTED or column["type"] == "uuid"


def _shape(parts: Sequence[Compared], sql: str) -> tuple[list[str], list[str]]:
    """The columns, equal ones first and one with an order last, and the rows it is kept to."""
    equal = [part for part in parts if part.how == "="]
    nulls = [part for part in parts if part.how not in {"=", "<"}]
    ranged = {part.column for part in parts if part.how == "<"} - {part.column for part in equal}
    if len(ranged) > 1:  # nobody knows which of them leaves few
        return [], []
    fixed = {part.column: value for part in equal if (value := _written(part, sql))}
    names = list(dict.fromkeys(part.column for part in equal if part.column not in fixed))
    names += ranged
    where = [f"{column} = {value}" for column, value in fixed.items()]
    where += [f"{part.column} {part.how}" for part in nulls]
    if not names and where:
        names = [next(iter(fixed), nulls[0].column if nulls else "")]
        where = where[1:] if fixed or nulls[0].how == "is null" else where
    return names, where


def _written(part: Compared, sql: str) -> str:
    """The constant, where the SQL compares the column with it in so many letters."""
    found = _VALUE.fullmatch(part.constant)
    if not found:
        return ""
    name = re.escape(unquoted(part.column))
    said = rf'(?<![\w."])(?:\w+\.)?"?(?i:{name})"?\s*=\s*{re.escape(found["value"])}(?![\w\'.])'
    return found["value"] if re.search(said, sql) else ""


def _has(table: Table, names: Sequence[str] | set[str]) -> bool:
    """Whether an index, of whatever kind, begins with these columns in whatever order."""
    stored = {unquoted(name) for name in names}
    return bool(stored) and any(set(one[: len(stored)]) == stored for one in table.indexes)
