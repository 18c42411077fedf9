"""Carrying out the changes of a batch: few statements, in an order that foreign keys allow."""

from collections.abc import Sequence

from msgspec import Struct

from trueup.model.plan import Image, Op
from trueup.primary import write
from trueup.primary.applied import Cause
from trueup.primary.effects import Known
from trueup.primary.images import Values
from trueup.primary.locking import Planned
from trueup.primary.session import Connection
from trueup.primary.tables import Table, Tables


class _Group(Struct, eq=False):
    """Changes that one statement makes."""

    op: Op
    table: Table
    columns: tuple[str, ...]
    planned: list[Planned]


def out(
    connection: Connection,
    tables: Tables,
    planned: Sequence[Planned],
    *,
    first: Sequence[tuple[int, int]],
    as_they_were: bool,
) -> list[Known]:
    """
    Make the changes and say which rows they were, in the order in which they were made.

    `first` has pairs of places in `planned`: of each, the second is made before the first.
    `as_they_were` puts back deleted rows whole, identity columns too.
    """
    known: list[Known] = []
    for group in _ordered(tables, planned, first):
        if group.op is Op.DELETE:
            write.delete(connection, group.table, [one.key for one in group.planned])
            known += [_known(one, one.key) for one in group.planned]
        elif group.op is Op.UPDATE:
            rows = [(one.key, _values(one, group.columns)) for one in group.planned]
            afters = write.update(connection, group.table, group.columns, rows)
            known += _updated(group, afters)
        else:
            values = [_values(one, group.columns) for one in group.planned]
            made = write.insert(
                connection, group.table, group.columns, values, as_they_were=as_they_were
            )
            known += [_known(one, *each) for one, each in zip(group.planned, made, strict=True)]
    return known


def _ordered(
    tables: Tables, planned: Sequence[Planned], first: Sequence[tuple[int, int]]
) -> list[_Group]:
    """
    Statements in the order in which the plan first asks for each, as far as keys allow.

    Parents are inserted before children; what refers to a row goes, or moves, before the row does.
    """
    groups: dict[object, _Group] = {}
    of: list[_Group] = []
    for one in planned:
        columns = tuple(sorted(one.change.set))
        name = (one.change.op, one.table, columns)
        group = groups.get(name)
        if group is None:
            group = groups[name] = _Group(one.change.op, one.table, columns, [])
        group.planned.append(one)
        of.append(group)
    waits = {(id(of[later]), id(of[sooner])) for later, sooner in first}
    return _free_first(_parents_first(tables, list(groups.values())), waits)


def _parents_first(tables: Tables, groups: list[_Group]) -> list[_Group]:
    """Sort the inserts among the places that they have."""
    places = [place for place, group in enumerate(groups) if group.op is Op.INSERT]
    children = tables.children_first({groups[place].table for place in places})
    chosen = sorted((groups[place] for place in places), key=lambda g: -children.index(g.table))
    for place, group in zip(places, chosen, strict=True):
        groups[place] = group
    return groups


def _free_first(groups: list[_Group], waits: set[tuple[int, int]]) -> list[_Group]:
    """Take at each turn the first group that waits for no other; in a circle, simply the first."""
    ordered: list[_Group] = []
    left = list(groups)
    while left:
        there = {id(group) for group in left}
        waiting = {later for later, sooner in waits if sooner in there and sooner != later}
        chosen = next((group for group in left if id(group) not in waiting), left[0])
        ordered.append(chosen)
        left.remove(chosen)
    return ordered


def _values(one: Planned, columns: Sequence[str]) -> Values:
    return tuple(one.change.set[name] for name in columns)


def _known(one: Planned, key: Values, after: Image | None = None) -> Known:
    change = one.change
    return Known(one.table, key, change.before, change.op, Cause.CHANGE, one.place, after)


def _updated(group: _Group, afters: Sequence[tuple[bool, Image]]) -> list[Known]:
    """Rows as they were set; one that gets another key is one row gone and one row new."""
    known: list[Known] = []
    for one, (stays, after) in zip(group.planned, afters, strict=True):
        key = tuple(after[name] for name in one.table.key)
        known.append(_known(one, key if stays else one.key, after))
        if not stays:
            known.append(Known(one.table, key, None, Op.INSERT, Cause.CHANGE, one.place))
    return known
