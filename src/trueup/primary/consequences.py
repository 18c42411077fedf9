"""What follows from changes without being planned: rows dragged along, triggers, tables touched."""

from collections.abc import Sequence

from msgspec import Struct
from psycopg import sql

from trueup.errors import PlanError
from trueup.model.plan import Dependents, FiringTrigger, Op, PlannedChange
from trueup.primary.dragged import Dragged, Lost, Name, Spared, Walk, counted, walk
from trueup.primary.images import UNLOCKED
from trueup.primary.session import Connection
from trueup.primary.tables import Tables
from trueup.primary.triggers import NORMALLY, Touch, firing
from trueup.report.phrase import plural


class Consequences(Struct, frozen=True):
    """Found by following foreign keys and reading triggers; `touched` has qualified names."""

    walk: Walk
    triggers: tuple[FiringTrigger, ...]
    touched: frozenset[str]


def follow(
    connection: Connection,
    tables: Tables,
    changes: Sequence[PlannedChange],
    enabled: frozenset[str] = NORMALLY,
) -> Consequences:
    """Say what else these changes would change; `enabled` is which triggers fire."""
    found = dragged_by(connection, tables, changes)
    touches = [Touch(tables.labelled(one.table), one.op, frozenset(one.set)) for one in changes] + [
        _touch(one) for one in found.dragged
    ]
    distinct = list(dict.fromkeys(touches))
    touched = {name for touch in distinct for name in tables.names_of(touch.table)}
    return Consequences(found, firing(connection, distinct, enabled), frozenset(touched))


def dragged_by(
    connection: Connection,
    tables: Tables,
    changes: Sequence[PlannedChange],
    lock: sql.SQL = UNLOCKED,
) -> Walk:
    """Follow the foreign keys from the rows that these changes delete, or give another key."""
    lost: list[Lost] = []
    deleted: dict[Name | None, int] = {}
    moved: dict[Name | None, tuple[int, frozenset[str]]] = {}
    for place, change in enumerate(changes):
        if change.before is None:
            continue
        table = tables.labelled(change.table)
        name = (table.oid, tuple(change.before[column] for column in table.key))
        columns = frozenset(change.set)
        if change.op is Op.DELETE:
            lost.append(Lost(table, change.before, place))
            deleted[name] = place
        else:
            lost.append(Lost(table, change.before, place, columns))
            moved[name] = (place, columns)
    return walk(connection, tables, lost, Spared(deleted, moved), lock)


def require_free(found: Walk, fix: str) -> None:
    """Raise PlanError for rows in the way of a delete, or updated and then taken along by one."""
    if found.updated:
        one = found.updated[0]
        raise PlanError(
            f"{fix}: a row of {one.table.label} gets both update and delete: a foreign key"
            f" ({one.key.name}) takes it along with its parent"
        )
    if found.blocked:
        rows = "; ".join(_in_the_way(one) for one in counted(found.blocked))
        raise PlanError(
            f"{fix}: {rows}; delete those rows in the same fix, or give them another parent"
        )


def _in_the_way(one: Dependents) -> str:
    verb = "stands" if one.rows == 1 else "stand"
    rows = plural(one.rows, "row")
    return f"{rows} of {one.table} {verb} in the way ({one.constraint}, on delete {one.action})"


def _touch(one: Dragged) -> Touch:
    if one.goes:
        return Touch(one.table, Op.DELETE)
    return Touch(one.table, Op.UPDATE, frozenset(one.key.columns))
