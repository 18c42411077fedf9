"""From what a fix asked for to rows that will change: read, compared, and merged."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from trueup.errors import PlanError
from trueup.model.change import Delete, Insert, Update
from trueup.model.plan import Image, Op
from trueup.primary.asking import Asked, RowChange
from trueup.primary.images import key_of, read
from trueup.primary.session import Connection
from trueup.primary.tables import Table, Tables
from trueup.primary.values import equal, texts

GONE = "gone"
UNEXPECTED = "not as the fix expects it"
ALREADY = "already as it should be"
TAKEN = "a row with that key is there already"


class Draft(Struct):
    """One row's change on its way into a plan; all values are texts by now."""

    op: Op
    table: Table
    key: Image
    values: dict[str, str | None]
    expect: dict[str, str | None]
    mends: set[int]
    before: Image | None = None
    reason: str | None = None
    """Why it is left alone; None where it will be made."""


def draft(connection: Connection, tables: Tables, fix: str, asked: Sequence[Asked]) -> list[Draft]:
    """
    Read the rows that the fix would change and say what becomes of each, or why nothing does.

    Raises PlanError, naming fix, table and column, for what does not exist, a key that names no
    row for ever, a value that its column refuses, and changes that contradict each other.
    """
    try:
        named = [(_table(tables, one.change), one) for one in asked]
        drafts = _translated(connection, named)
        drafts = _merged(drafts)
        _read_before(connection, drafts)
        drafts = _merged(drafts)
        _compare(connection, drafts)
    except PlanError as error:
        raise PlanError(f"{fix}: {error}") from None
    return drafts


def _table(tables: Tables, change: RowChange) -> Table:
    table = tables.named(change.table)
    if not table.key:
        raise PlanError(
            f"{table.label} has no primary key, so a changed row could not be named again"
        )
    said = change.values if isinstance(change, Insert) else change.key
    written = change.values if isinstance(change, Insert) else _set(change)
    if not said or (isinstance(change, Update) and not written):
        raise PlanError(f"a change of {table.label} names no column; say what it is about")
    for column in [*said, *written, *_expect(change)]:
        if column not in table.columns:
            raise PlanError(f"{table.label} has no column {column!r}")
    for column in written:
        if table.columns[column].generated or table.columns[column].always:
            raise PlanError(f"{table.label}.{column} is generated; it cannot be written")
    if not isinstance(change, Insert):
        _require_key(table, change.key)
    return table


def _require_key(table: Table, key: Mapping[str, object]) -> None:
    columns = frozenset(key)
    if not any(columns == frozenset(unique) for unique in table.uniques):
        raise PlanError(
            f"{', '.join(key)} of {table.label} is neither its primary key nor unique;"
            f" name the row by {', '.join(table.key)}"
        )
    empty = [column for column, value in key.items() if value is None]
    if empty:
        raise PlanError(f"the key {table.label}.{empty[0]} has no value")


def _set(change: Update | Delete) -> Mapping[str, object]:
    return change.set if isinstance(change, Update) else {}


def _expect(change: RowChange) -> Mapping[str, object]:
    return {} if isinstance(change, Insert) else change.expect


def _translated(connection: Connection, named: Sequence[tuple[Table, Asked]]) -> list[Draft]:
    """Turn all values into texts, column by column, in the order in which they were asked for."""
    wanted: dict[tuple[Table, str], list[object]] = {}
    for table, asked in named:
        for part in _parts(asked.change):
            for column, value in part.items():
                wanted.setdefault((table, column), []).append(value)
    ready = {
        (table, column): iter(texts(connection, table, table.columns[column], values))
        for (table, column), values in wanted.items()
    }
    drafts = []
    for table, asked in named:
        key, values, expect = (
            {column: next(ready[table, column]) for column in part} for part in _parts(asked.change)
        )
        drafts.append(Draft(_op(asked.change), table, key, values, expect, set(asked.mends)))
    return drafts


def _parts(change: RowChange) -> tuple[Mapping[str, object], ...]:
    """Key, new values and expected values; an insert's key is found among its values."""
    if isinstance(change, Insert):
        return {}, change.values, {}
    return change.key, _set(change), change.expect


def _op(change: RowChange) -> Op:
    if isinstance(change, Insert):
        return Op.INSERT
    return Op.UPDATE if isinstance(change, Update) else Op.DELETE


def _merged(drafts: Sequence[Draft]) -> list[Draft]:
    """Drop what is said twice, merge what is said of one row, refuse what contradicts itself."""
    merged: dict[object, Draft] = {}
    for one in drafts:
        name = _name(one)
        earlier = merged.get(name)
        if earlier is None:
            merged[name] = one
            continue
        if earlier.op is not one.op:
            raise PlanError(f"one row of {one.table.label} gets both {earlier.op} and {one.op}")
        _require_same(one.table, earlier.values, one.values, "set to")
        _require_same(one.table, earlier.expect, one.expect, "expected to be")
        if one.op is Op.INSERT and earlier.values != one.values:
            raise PlanError(
                f"two different rows with one key are to be inserted: {one.table.label}"
            )
        earlier.values |= one.values
        earlier.expect |= one.expect
        earlier.mends |= one.mends
    return list(merged.values())


def _name(one: Draft) -> object:
    """What two changes of the same row have in common."""
    if one.op is not Op.INSERT:
        return one.table, frozenset(one.key.items())
    if all(one.values.get(column) is not None for column in one.table.key):
        return one.table, frozenset((column, one.values[column]) for column in one.table.key)
    return one.table, "new", frozenset(one.values.items())


def _require_same(table: Table, one: Image, other: Image, words: str) -> None:
    for column in one.keys() & other.keys():
        if one[column] != other[column]:
            raise PlanError(f"{table.label}.{column} of one row is {words} two different values")


def _read_before(connection: Connection, drafts: Sequence[Draft]) -> None:
    """Read the rows; from here on a row is named by its table's own key."""
    groups: dict[tuple[Table, tuple[str, ...]], list[Draft]] = {}
    for one in drafts:
        if one.op is Op.INSERT and all(one.values.get(c) is not None for c in one.table.key):
            one.key = {column: one.values[column] for column in one.table.key}
        if one.key:
            groups.setdefault((one.table, tuple(one.key)), []).append(one)
    for (table, columns), group in groups.items():
        keys = [tuple(one.key[column] for column in columns) for one in group]
        for one, before in zip(group, read(connection, table, columns, keys), strict=True):
            one.before = before
            if before is not None:
                one.key = key_of(table, before)


def _compare(connection: Connection, drafts: Sequence[Draft]) -> None:
    """Say of each whether it is left alone; what is not sets only what the row has not."""
    unexpected = _unexpected(connection, drafts)
    for one in drafts:
        one.reason = _reason(one, id(one) in unexpected)
        if one.reason is None and one.before is not None:
            was = one.before
            one.values = {n: v for n, v in one.values.items() if n not in was or was[n] != v}


def _reason(one: Draft, unexpected: bool) -> str | None:
    """Why a row is left alone; None where it will change."""
    if one.op is Op.DELETE and one.before is None:
        return ALREADY
    if one.before is None:
        return None if one.op is Op.INSERT else GONE
    if unexpected:
        return UNEXPECTED
    if one.op is Op.DELETE or any(one.before[name] != now for name, now in one.values.items()):
        return TAKEN if one.op is Op.INSERT else None
    return ALREADY


def _unexpected(connection: Connection, drafts: Sequence[Draft]) -> set[int]:
    """Drafts whose row is not what the fix expects; equal values may have different texts."""
    unlike: set[int] = set()
    doubtful: dict[tuple[Table, str], list[tuple[Draft, tuple[str, str]]]] = {}
    for one in drafts:
        for column, value in one.expect.items():
            now = one.before[column] if one.before is not None else None
            if now is None or value is None:
                unlike |= {id(one)} if now is not value else set()
            elif now != value:
                doubtful.setdefault((one.table, column), []).append((one, (now, value)))
    for (table, column), pairs in doubtful.items():
        answers = equal(connection, table.columns[column], [pair for _, pair in pairs])
        unlike |= {id(one) for (one, _), same in zip(pairs, answers, strict=True) if not same}
    return unlike
