"""Carrying out the changes of a batch: few statements, in an order that foreign keys allow."""

from collections.abc import Sequence
from dataclasses import dataclass

from trueup.model.plan import Op
from trueup.primary import write
from trueup.primary.applied import Cause
from trueup.primary.effects import Known
from trueup.primary.images import Values
from trueup.primary.locking import Planned
from trueup.primary.session import Connection
from trueup.primary.tables import Table, Tables


@dataclass(slots=True)
class _Group:
    """Changes that one statement makes."""

    op: Op
    table: Table
    columns: tuple[str, ...]
    planned: list[Planned]


def out(
    connection: Connection, tables: Tables, planned: Sequence[Planned], *, as_they_were: bool
) -> list[Known]:
    """
    Make the changes and say which rows they were, in the order in which they were made.

    `as_they_were` puts back deleted rows whole, with the values of their identity columns.
    """
    known: list[Known] = []
    for group in _ordered(tables, planned):
        if group.op is Op.DELETE:
            write.delete(connection, group.table, [one.key for one in group.planned])
            known += [_known(one, one.key) for one in group.planned]
        elif group.op is Op.UPDATE:
            rows = [(one.key, _values(one, group.columns)) for one in group.planned]
            write.update(connection, group.table, group.columns, rows)
            for one in group.planned:
                known += [_known(one, one.key), *_renamed(one)]
        else:
            values = [_values(one, group.columns) for one in group.planned]
            keys = write.insert(
                connection, group.table, group.columns, values, as_they_were=as_they_were
            )
            known += [_known(one, key) for one, key in zip(group.planned, keys, strict=True)]
    return known


def _ordered(tables: Tables, planned: Sequence[Planned]) -> list[_Group]:
    """
    Statements in the order in which the plan first asks for each.

    Among the deletes children come before parents, among the inserts parents before children.
    """
    groups: dict[object, _Group] = {}
    for one in planned:
        columns = tuple(sorted(one.change.set))
        name = (one.change.op, one.table, columns)
        group = groups.setdefault(name, _Group(one.change.op, one.table, columns, []))
        group.planned.append(one)
    first = tables.children_first({group.table for group in groups.values()})
    rank = {table: place for place, table in enumerate(first)}
    ordered = list(groups.values())
    _sort_among(ordered, Op.DELETE, rank, 1)
    _sort_among(ordered, Op.INSERT, rank, -1)
    return ordered


def _sort_among(groups: list[_Group], op: Op, rank: dict[Table, int], direction: int) -> None:
    """Sort the groups of one operation among the places that they have."""
    places = [place for place, group in enumerate(groups) if group.op is op]
    chosen = sorted((groups[place] for place in places), key=lambda g: direction * rank[g.table])
    for place, group in zip(places, chosen, strict=True):
        groups[place] = group


def _values(one: Planned, columns: Sequence[str]) -> Values:
    return tuple(one.change.set[name] for name in columns)


def _known(one: Planned, key: Values) -> Known:
    return Known(one.table, key, one.change.before, one.change.op, Cause.CHANGE, one.place)


def _renamed(one: Planned) -> list[Known]:
    """A row that gets another key is one row gone and one row new."""
    key = tuple(one.change.set.get(name, one.change.key[name]) for name in one.table.key)
    if key == one.key:
        return []
    return [Known(one.table, key, None, Op.INSERT, Cause.CHANGE, one.place)]
