"""Locking the rows of a plan, and whether each is still what the plan saw."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import psycopg
from msgspec import Struct
from msgspec.structs import replace

from trueup.errors import ApplyError
from trueup.model.plan import Image, Op, PlannedChange
from trueup.primary.applied import Reason
from trueup.primary.images import LOCKED, LOCKED_IF_FREE, Values, read
from trueup.primary.session import Connection
from trueup.primary.tables import Table, Tables


class Planned(Struct):
    """One planned change, its place in the plan, its table, and the texts of its key."""

    place: int
    change: PlannedChange
    table: Table
    key: Values


def compared(
    connection: Connection, planned: Sequence[Planned], made: AbstractSet[int]
) -> dict[int, Reason]:
    """
    Lock the rows and compare each with the plan; gives the reason for each that must be left alone.

    Tables are taken by name and rows by key, so that two who do this wait for each other and never
    for ever. `made` are places whose change the journal has already.
    """
    reasons: dict[int, Reason] = {}
    for (table, columns), group in _grouped(planned):
        keys = [one.key for one in group]
        images, locked = _locked(connection, table, columns, keys)
        for one, image, is_locked in zip(group, images, locked, strict=True):
            reason = Reason.LOCKED if is_locked else _compared(one.change, image)
            if reason is not None:
                reasons[one.place] = reason
    return reasons | dict.fromkeys(made, Reason.ALREADY)


def by_table(tables: Tables, changes: Sequence[tuple[int, PlannedChange]]) -> list[Planned]:
    """
    Planned changes with the tables that they are about, each key in its table's order.

    Raises ApplyError for a column that is no longer there.
    """
    found = []
    for place, one in changes:
        table = tables.labelled(one.table)
        if not table.columns.keys() >= one.key.keys() | one.set.keys():
            gone = min((one.key.keys() | one.set.keys()) - table.columns.keys())
            raise ApplyError(f"{table.label} has no column {gone!r} any more; plan again")
        key = table.in_order(one.key)
        ordered = one if key is one.key else replace(one, key=key)
        found.append(Planned(place, ordered, table, tuple(key.values())))
    return found


def _grouped(
    planned: Sequence[Planned],
) -> list[tuple[tuple[Table, tuple[str, ...]], list[Planned]]]:
    groups: dict[tuple[Table, tuple[str, ...]], list[Planned]] = {}
    for one in planned:
        if one.change.key:
            groups.setdefault((one.table, tuple(one.change.key)), []).append(one)
    return sorted(groups.items(), key=lambda item: (item[0][0].qualified, item[0][1]))


def _locked(
    connection: Connection, table: Table, columns: Sequence[str], keys: Sequence[Values]
) -> tuple[list[Image | None], list[bool]]:
    """
    Lock rows, waiting for others as long as lock_timeout lets us, once.

    After that, rows that somebody still holds are passed over.
    """
    try:
        with connection.transaction():
            return read(connection, table, columns, keys, LOCKED), [False] * len(keys)
    except psycopg.errors.LockNotAvailable:
        images = read(connection, table, columns, keys, LOCKED_IF_FREE)
    there = read(connection, table, columns, keys)
    return images, [
        image is None and now is not None for image, now in zip(images, there, strict=True)
    ]


def _compared(change: PlannedChange, now: Image | None) -> Reason | None:
    if change.op is Op.INSERT:
        if now is None:
            return None
        return Reason.ALREADY if _has(now, change.set) else Reason.MOVED
    if now is None:
        return Reason.ALREADY if change.op is Op.DELETE else Reason.GONE
    if now == change.before:
        return None
    already = change.op is Op.UPDATE and _has(now, change.set)
    return Reason.ALREADY if already else Reason.MOVED


def _has(now: Image, values: Image) -> bool:
    return all(now.get(column) == value for column, value in values.items())
