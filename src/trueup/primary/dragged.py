"""Rows that a delete drags along through foreign keys, and rows that stand in its way."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct, field
from psycopg import sql

from trueup.model.plan import Dependents, Image
from trueup.primary.images import UNLOCKED, cast, given, image, row, turned
from trueup.primary.session import Connection
from trueup.primary.tables import Action, ForeignKey, Table, Tables

BLOCKING = (Action.RESTRICT, Action.NO_ACTION)

Name = tuple[int, tuple[str | None, ...]]
"""A row: its table's oid and the texts of its key."""

Place = tuple[int, str]
"""A row version: its table's oid (a partition's own) and ctid."""


class Deleted(Struct, frozen=True):
    """A row that goes; `origin` is the planned change that takes it along."""

    table: Table
    before: Image
    origin: int


class Dragged(Struct, frozen=True):
    """A row that refers to one that goes, and what the foreign key does with it."""

    table: Table
    before: Image
    key: ForeignKey
    origin: int


class Spared(Struct, frozen=True):
    """
    What the plan itself does with rows: it deletes some, and gives others another parent.

    Both map a row's name, its table's oid and its key, to the place of the planned change.
    """

    deleted: Mapping[Name | None, int]
    moved: Mapping[Name | None, tuple[int, frozenset[str]]]

    def change(self, one: "Dragged") -> int | None:
        """The planned change that takes this row out of the way, if there is one."""
        name = _name(one)
        if name in self.deleted:
            return self.deleted[name]
        change, columns = self.moved.get(name, (None, frozenset()))
        return change if columns & set(one.key.columns) else None

    def updates(self, one: "Dragged") -> bool:
        """Whether the plan updates this row, and leaves it where it is."""
        return _name(one) in self.moved


class Walk(Struct):
    """
    What was found: rows dragged along, rows in the way, and changes that belong together.

    `updated` are rows that the plan itself updates and that a delete would take along.
    """

    dragged: list[Dragged] = field(default_factory=list)
    blocked: list[Dragged] = field(default_factory=list)
    updated: list[Dragged] = field(default_factory=list)
    together: list[tuple[int, int]] = field(default_factory=list)


def walk(
    connection: Connection,
    tables: Tables,
    deletes: Iterable[Deleted],
    spared: Spared,
    lock: sql.SQL = UNLOCKED,
) -> Walk:
    """
    Follow the foreign keys from rows that go to all that refers to them, as far as it leads.

    With a lock, rows are locked from the parents down, so that no new ones can come meanwhile.
    """
    found = Walk()
    seen: set[Place] = set()
    going = list(deletes)
    while going:
        next_: list[Deleted] = []
        for table, rows in _by_table(going).items():
            for foreign in tables.referring_to(table):
                for dragged, place in _referring(connection, tables, foreign, rows, lock):
                    next_ += _noted(found, seen, spared, dragged, place)
        going = next_
    return found


def counted(rows: Iterable[Dragged]) -> tuple[Dependents, ...]:
    """Rows counted by table and foreign key."""
    counts = Counter((one.table.label, one.key.name, one.key.on_delete) for one in rows)
    return tuple(
        Dependents(table=table, constraint=name, action=str(action), rows=rows)
        for (table, name, action), rows in sorted(counts.items())
    )


def _noted(
    found: Walk, seen: set[Place], spared: Spared, dragged: Dragged, place: Place
) -> Iterator[Deleted]:
    change = spared.change(dragged)
    if change is not None:
        found.together.append((dragged.origin, change))
        return
    action = dragged.key.on_delete
    if action in BLOCKING:
        found.blocked.append(dragged)
    elif action is not Action.CASCADE:
        found.dragged.append(dragged)
    elif spared.updates(dragged):
        found.updated.append(dragged)
    elif place not in seen:
        seen.add(place)
        found.dragged.append(dragged)
        yield Deleted(dragged.table, dragged.before, dragged.origin)


def _name(one: Dragged) -> Name | None:
    """A row without a key has no name, and no plan can speak of it."""
    if not one.table.key:
        return None
    return one.table.oid, tuple(one.before[column] for column in one.table.key)


def _by_table(rows: Iterable[Deleted]) -> dict[Table, list[Deleted]]:
    tables: dict[Table, list[Deleted]] = {}
    for one in rows:
        tables.setdefault(one.table, []).append(one)
    return tables


def _referring(
    connection: Connection,
    tables: Tables,
    foreign: ForeignKey,
    rows: Sequence[Deleted],
    lock: sql.SQL,
) -> Iterator[tuple[Dragged, Place]]:
    child, parent = tables.numbered(foreign.child), tables.numbered(foreign.parent)
    matches = sql.SQL(" and ").join(
        sql.SQL("{} = {}").format(sql.Identifier("t", column), cast(parent, reference, place))
        for place, (column, reference) in enumerate(
            zip(foreign.columns, foreign.references, strict=True)
        )
    )
    asked = sql.SQL(
        "select w.n, t.tableoid::bigint, t.ctid::text, {row} from {given} join {child} t"
        " on {matches} order by w.n, t.ctid{lock}"
    ).format(
        row=row(child),
        given=given(len(foreign.references)),
        child=child.identifier,
        matches=matches,
        lock=lock,
    )
    keys = [tuple(one.before[name] for name in foreign.references) for one in rows]
    cursor = connection.execute(asked, turned(keys, len(foreign.references)))
    for n, oid, ctid, *values in cursor.fetchall():
        before = image(child, values)
        yield Dragged(child, before, foreign, rows[n - 1].origin), (oid, ctid)
