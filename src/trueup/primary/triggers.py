"""The triggers that changes will fire."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from trueup.model.plan import FiringTrigger, Op
from trueup.primary.session import Connection
from trueup.primary.tables import Table, label

_TRIGGERS = """
    select
        s.nspname, c.relname, t.tgname, t.tgtype::int, t.tgenabled::text,
        n.nspname || '.' || p.proname,
        array(
            select a.attname::text from unnest(t.tgattr) as k(attnum)
            join pg_attribute a on a.attrelid = t.tgrelid and a.attnum = k.attnum
        ),
        array(
            select a.attname::text from pg_partition_tree(%(table)s::bigint::oid) as tree
            join pg_partitioned_table p on p.partrelid = tree.relid
            join pg_attribute a on a.attrelid = p.partrelid and a.attnum > 0
                and (a.attnum = any(p.partattrs) or 0 = any(p.partattrs))
        )
    from pg_trigger t
    join pg_proc p on p.oid = t.tgfoid join pg_namespace n on n.oid = p.pronamespace
    join pg_class c on c.oid = t.tgrelid join pg_namespace s on s.oid = c.relnamespace
    where not t.tgisinternal and (
        t.tgrelid = %(table)s::bigint::oid
        or t.tgparentid = 0 and t.tgtype::int & 1 = 1
           and t.tgrelid in (select relid from pg_partition_tree(%(table)s::bigint::oid))
    )
    order by c.relname, t.tgname
"""
"""
Those of its partitions too, of which only those fire that are for each row.

Behind a trigger's own columns stand those that say which partition a row is in: where that is an
expression, any may.
"""

_ROW = 1
_BEFORE = 2
_EVENTS = {Op.INSERT: 4, Op.DELETE: 8, Op.UPDATE: 16}

NORMALLY = frozenset({"O", "A"})
QUIETLY = frozenset({"R", "A"})
"""What fires where session_replication_role is replica."""


class Touch(Struct, frozen=True):
    """What happens to some rows of a table; `columns` are those an update sets."""

    table: Table
    op: Op
    columns: frozenset[str] = frozenset()


def firing(
    connection: Connection, touches: Iterable[Touch], enabled: frozenset[str] = NORMALLY
) -> tuple[FiringTrigger, ...]:
    """The triggers that these touches fire, by table and name."""
    found: dict[tuple[str, str], FiringTrigger] = {}
    for touch in touches:
        for trigger in _of(connection, touch, enabled):
            earlier = found.get((trigger.table, trigger.name))
            found[trigger.table, trigger.name] = _both(earlier, trigger) if earlier else trigger
    return tuple(found[place] for place in sorted(found))


def _of(connection: Connection, touch: Touch, enabled: frozenset[str]) -> Iterator[FiringTrigger]:
    rows = connection.execute(_TRIGGERS, {"table": touch.table.oid}).fetchall()
    for schema, table, name, kind, state, function, columns, parting in rows:
        when = "before" if kind & _BEFORE else "after"
        for op in _ops(touch, kind, columns, parting):
            if state in enabled and kind & _EVENTS[op]:
                yield FiringTrigger(
                    table=label(schema, table),
                    name=name,
                    events=f"{when} {op}",
                    function=function,
                )


def _ops(touch: Touch, kind: int, columns: list[str], parting: list[str]) -> Iterator[Op]:
    """What it is to a trigger; a row that moves to another partition is deleted and inserted."""
    updates = touch.op is Op.UPDATE
    if not updates or not columns or touch.columns & set(columns):
        yield touch.op
    if updates and kind & _ROW and touch.columns & set(parting):
        yield from (Op.DELETE, Op.INSERT)


def _both(one: FiringTrigger, other: FiringTrigger) -> FiringTrigger:
    if other.events in one.events:
        return one
    events = f"{one.events}, {other.events}"
    return FiringTrigger(table=one.table, name=one.name, events=events, function=one.function)
