"""Rows that a delete, or another key, drags along, and rows that stand in a delete's way."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct, field
from psycopg import sql

from trueup.model.plan import Dependents, Image
from trueup.primary.images import UNLOCKED, cast, given, image, row, turned
from trueup.primary.names import named
from trueup.primary.session import Connection
from trueup.primary.tables import Action, ForeignKey, Table, Tables

BLOCKING = (Action.RESTRICT, Action.NO_ACTION)

Name = tuple[int, tuple[str | None, ...]]
"""A row: its table's oid and the texts of its key."""

Place = tuple[int, str]
"""A row version: its table's oid (a partition's own) and ctid."""

Once = tuple[Place, ForeignKey | None]
"""What is counted once: a row that goes, or what one foreign key makes of one that stays."""


class Lost(Struct, frozen=True):
    """
    A row that others lose: it goes, or only some `columns` get other values.

    `origin` is the planned change that begins it.
    """

    table: Table
    before: Image
    origin: int
    columns: frozenset[str] | None = None

    def drags(self, key: ForeignKey) -> bool:
        """
        Whether the foreign key says what becomes of those that refer to it.

        Where another key may not be, the server refuses it: two rows may exchange theirs.
        """
        if self.columns is None:
            return True
        return key.on_update not in BLOCKING and not self.columns.isdisjoint(key.references)


class Dragged(Struct, frozen=True):
    """A row that refers to one that is `lost`, by which foreign key."""

    table: Table
    before: Image
    key: ForeignKey
    lost: Lost

    @property
    def origin(self) -> int:
        """The planned change that begins it."""
        return self.lost.origin

    @property
    def action(self) -> Action:
        """What the foreign key does with it."""
        return self.key.on_delete if self.lost.columns is None else self.key.on_update

    @property
    def goes(self) -> bool:
        """Whether it goes too; otherwise it gets another parent, or none."""
        return self.lost.columns is None and self.action is Action.CASCADE

    @property
    def name(self) -> tuple[str, str, str]:
        """Table, foreign key and action, as a plan has them."""
        on_update = "" if self.lost.columns is None else " on update"
        return self.table.label, self.key.name, f"{self.action}{on_update}"


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
    lost: Iterable[Lost],
    spared: Spared,
    lock: sql.SQL = UNLOCKED,
) -> Walk:
    """
    Follow the foreign keys from rows that are lost to all that refers to them, as far as it leads.

    With a lock, rows are locked from the parents down, so that no new ones can come meanwhile.
    """
    found = Walk()
    seen: set[Once] = set()
    going = list(lost)
    while going:
        next_: list[Lost] = []
        for table, rows in _by_table(going).items():
            for foreign in tables.referring_to(table):
                dragging = [one for one in rows if one.drags(foreign)]
                for dragged, place in _referring(connection, tables, foreign, dragging, lock):
                    next_ += _noted(found, seen, spared, dragged, place)
        going = next_
    return found


def counted(rows: Iterable[Dragged]) -> tuple[Dependents, ...]:
    """Rows counted by table and foreign key."""
    counts = Counter(one.name for one in rows)
    return tuple(
        Dependents(table=table, constraint=name, action=action, rows=rows)
        for (table, name, action), rows in sorted(counts.items())
    )


def _noted(
    found: Walk, seen: set[Once], spared: Spared, dragged: Dragged, place: Place
) -> Iterator[Lost]:
    change = spared.change(dragged)
    once = (place, None if dragged.goes else dragged.key)
    if change is not None:
        found.together.append((dragged.origin, change))
    elif dragged.action in BLOCKING:
        found.blocked.append(dragged)
    elif dragged.goes and spared.updates(dragged):
        found.updated.append(dragged)
    elif once not in seen:
        seen.add(once)
        found.dragged.append(dragged)
        columns = None if dragged.goes else frozenset(dragged.key.columns)
        yield Lost(dragged.table, dragged.before, dragged.origin, columns)


def _name(one: Dragged) -> Name | None:
    """A row without a key has no name, and no plan can speak of it."""
    if not one.table.key:
        return None
    return one.table.oid, tuple(one.before[column] for column in one.table.key)


def _by_table(rows: Iterable[Lost]) -> dict[Table, list[Lost]]:
    tables: dict[Table, list[Lost]] = {}
    for one in rows:
        tables.setdefault(one.table, []).append(one)
    return tables


def _referring(
    connection: Connection,
    tables: Tables,
    foreign: ForeignKey,
    rows: Sequence[Lost],
    lock: sql.SQL,
) -> Iterator[tuple[Dragged, Place]]:
    if not rows:
        return
    child, parent = tables.numbered(foreign.child), tables.numbered(foreign.parent)
    matches = sql.SQL(" and ").join(
        sql.SQL("{} = {}").format(named("t", column), cast(parent, reference, place))
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
        yield Dragged(child, before, foreign, rows[n - 1]), (oid, ctid)
