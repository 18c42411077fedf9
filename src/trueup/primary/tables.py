"""What the primary's catalog says of a table: its columns, its key, and what refers to it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct
from psycopg import sql

from trueup.errors import PlanError
from trueup.model.plan import Image
from trueup.primary.names import named, typed
from trueup.primary.session import Connection
from trueup.replica.printable import PRINTABLE_TYPES
from trueup.replica.quoting import quoted

_TABLE = """
    select
        c.oid::bigint as oid, n.nspname as schema, c.relname as name, c.relkind as kind,
        case when pg_partition_root(c.oid) <> c.oid then pg_partition_root(c.oid)::text end as root,
        exists (
            select from pg_inherits i join pg_class h on h.oid = i.inhrelid
            where i.inhparent = c.oid and not h.relispartition
        ) as inherited,
        array(
            select json_build_object(
                'name', a.attname,
                'type', format_type(base.oid, -1),
                'full', format_type(a.atttypid, a.atttypmod),
                'generated', a.attgenerated <> '',
                'always', a.attidentity = 'a',
                'json', base.oid in ('json'::regtype, 'jsonb'::regtype),
                'measured', coalesce(element.typcategory, base.typcategory) in ('S', 'V'),
                'printable', t.typtype = 'e' or t.oid::int = any({printable})
            )
            from pg_attribute a join pg_type t on t.oid = a.atttypid
            join pg_type base on base.oid = (
                with recursive below(oid, next) as (
                    select t.oid, t.typbasetype
                    union all
                    select d.oid, d.typbasetype from below join pg_type d on d.oid = below.next
                )
                select oid from below where next = 0
            )
            left join pg_type element on element.oid = base.typelem and base.typcategory = 'A'
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            order by a.attnum
        ) as columns,
        array(
            select json_build_object(
                'primary', i.indisprimary,
                'sure', not exists (
                    select from unnest(i.indkey[:i.indnkeyatts - 1]) as k(attnum)
                    join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
                    where not a.attnotnull
                ),
                'columns', array(
                    select a.attname
                    from unnest(i.indkey[:i.indnkeyatts - 1]) with ordinality as k(attnum, place)
                    join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
                    order by k.place
                )
            )
            from pg_index i
            where i.indrelid = c.oid and i.indisunique and i.indisvalid
              and i.indpred is null and i.indexprs is null
            order by not i.indisprimary, i.indnkeyatts, i.indexrelid
        ) as uniques
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.oid = {oid}
"""

_PRINTABLE = f"array[{','.join(map(str, sorted(PRINTABLE_TYPES)))}]"

_NAMED = _TABLE.format(oid="to_regclass(%s)", printable=_PRINTABLE)
_NUMBERED = _TABLE.format(oid="%s::oid", printable=_PRINTABLE)

_KEYS = """
    select
        conname, conrelid::bigint, confrelid::bigint, confdeltype::text, confupdtype::text,
        array(
            select attname::text from unnest(conkey) with ordinality as k(attnum, place)
            join pg_attribute a on a.attrelid = conrelid and a.attnum = k.attnum order by place
        ),
        array(
            select attname::text from unnest(confkey) with ordinality as k(attnum, place)
            join pg_attribute a on a.attrelid = confrelid and a.attnum = k.attnum order by place
        )
    from pg_constraint
    where contype = 'f' and conparentid = 0
    order by conname, conrelid
"""

_LEAVES = """
    select n.nspname || '.' || c.relname
    from pg_partition_tree(%s::bigint::oid) p
    join pg_class c on c.oid = p.relid join pg_namespace n on n.oid = c.relnamespace
"""


class Action(StrEnum):
    """What a foreign key does to a row when the row that it refers to is deleted."""

    CASCADE = "cascade"
    SET_NULL = "set null"
    SET_DEFAULT = "set default"
    RESTRICT = "restrict"
    NO_ACTION = "no action"


_ACTIONS = {
    "c": Action.CASCADE,
    "n": Action.SET_NULL,
    "d": Action.SET_DEFAULT,
    "r": Action.RESTRICT,
    "a": Action.NO_ACTION,
}


class Column(Struct, frozen=True):
    """
    A column; `type` is without length, precision or domain, `full` with them, both as SQL.

    `measured` says that a cast to `full` cuts what is too long, where an assignment refuses it.
    `printable` says that its type is one of which a report may print values unasked.
    """

    name: str
    type: str
    full: str
    generated: bool
    always: bool
    json: bool
    measured: bool
    printable: bool

    @property
    def kind(self) -> sql.SQL:
        """Its type as SQL of a statement with parameters."""
        return typed(self.type)


def label(schema: str, name: str) -> str:
    """The name of a table as plans and journal have it: public is where one without a dot is."""
    return name if schema == "public" and "." not in name else f"{schema}.{name}"


class Table(Struct, frozen=True, eq=False):
    """
    A table; `key` names a row for ever, and is empty where nothing does.

    One is itself and no other: `Tables` makes one of each.
    """

    oid: int
    schema: str
    name: str
    columns: Mapping[str, Column]
    key: tuple[str, ...]
    uniques: tuple[tuple[str, ...], ...]

    @property
    def label(self) -> str:
        """The name as plans and journal have it."""
        return label(self.schema, self.name)

    @property
    def qualified(self) -> str:
        """Schema and name, as the planner prints them."""
        return f"{self.schema}.{self.name}"

    @property
    def identifier(self) -> sql.Identifier:
        """Schema and name as SQL of a statement with parameters."""
        return named(self.schema, self.name)

    @property
    def stored(self) -> tuple[str, ...]:
        """The columns that can be written."""
        return tuple(name for name, column in self.columns.items() if not column.generated)

    def in_order(self, key: Image) -> Image:
        """
        A key with its columns as the table has them; one of other columns as it is.

        Nothing that was JSON keeps their order, and rows are found by their values' places.
        """
        if tuple(key) == self.key or key.keys() != set(self.key):
            return key
        return {name: key[name] for name in self.key}


class ForeignKey(Struct, frozen=True):
    """A foreign key: `child`'s `columns` refer to `parent`'s `references`; tables by oid."""

    name: str
    child: int
    parent: int
    on_delete: Action
    on_update: Action
    columns: tuple[str, ...]
    references: tuple[str, ...]


class Tables:
    """The catalog's answers, asked once each; good for one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[int, Table] = {}
        self._names: dict[str, Table] = {}
        self._labels: dict[str, Table] = {}
        self._keys: tuple[ForeignKey, ...] | None = None

    def named(self, name: str) -> Table:
        """The table by the name that an author writes; raises PlanError where there is none."""
        return self._found(name, quoted(name))

    def labelled(self, label: str) -> Table:
        """The table by its label in a plan or the journal."""
        if label not in self._labels:
            name = quoted(label if "." in label else f"public.{label}")
            self._labels[label] = self._found(label, name)
        return self._labels[label]

    def numbered(self, oid: int) -> Table:
        """The table by its oid."""
        if oid not in self._known:
            self._keep(self._connection.execute(_NUMBERED.encode(), [oid]).fetchone(), str(oid))
        return self._known[oid]

    def referring_to(self, table: Table) -> tuple[ForeignKey, ...]:
        """The foreign keys whose parent is this table."""
        return tuple(key for key in self._all_keys() if key.parent == table.oid)

    def referred_by(self, table: Table) -> tuple[ForeignKey, ...]:
        """The foreign keys whose child is this table."""
        return tuple(key for key in self._all_keys() if key.child == table.oid)

    def names_of(self, table: Table) -> frozenset[str]:
        """The qualified names by which the planner may speak of it: its own, its partitions'."""
        partitions = self._connection.execute(_LEAVES, [table.oid]).fetchall()
        return frozenset({table.qualified, *(row[0] for row in partitions)})

    def children_first(self, tables: set[Table]) -> list[Table]:
        """Order tables so that one stands before those that it refers to, where that can be."""
        left = sorted(tables, key=lambda table: table.qualified)
        ordered: list[Table] = []
        while left:
            waiting = {
                key.parent for t in left for key in self.referred_by(t) if key.child != key.parent
            }
            free = [table for table in left if table.oid not in waiting] or left[:1]
            ordered += free
            left = [table for table in left if table not in free]
        return ordered

    def _found(self, said: str, name: str) -> Table:
        if name not in self._names:
            row = self._connection.execute(_NAMED.encode(), [name]).fetchone()
            self._names[name] = self._keep(row, said)
        return self._names[name]

    def _keep(self, row: Any, said: str) -> Table:
        if row is None:
            raise PlanError(f"there is no table {said!r}; write it as stored, with its schema")
        oid, schema, name, kind, root, inherited, columns, uniques = row
        said = label(schema, name)
        if kind not in ("r", "p"):
            raise PlanError(f"{said!r} is no table; only rows of tables can be changed")
        if root is not None:
            raise PlanError(f"{said!r} is a partition; change rows of {root}")
        if inherited:
            raise PlanError(f"{said!r} has tables that inherit from it; they cannot be told apart")
        sure = next((unique["columns"] for unique in uniques if unique["sure"]), ())
        table = Table(
            oid=oid,
            schema=schema,
            name=name,
            columns={column["name"]: Column(**column) for column in columns},
            key=tuple(sure),
            uniques=tuple(tuple(unique["columns"]) for unique in uniques),
        )
        return self._known.setdefault(oid, table)

    def _all_keys(self) -> tuple[ForeignKey, ...]:
        if self._keys is None:
            self._keys = tuple(
                ForeignKey(
                    name=name,
                    child=child,
                    parent=parent,
                    on_delete=_ACTIONS[on_delete],
                    on_update=_ACTIONS[on_update],
                    columns=tuple(columns),
                    references=tuple(references),
                )
                for name, child, parent, on_delete, on_update, columns, references in (
                    self._connection.execute(_KEYS).fetchall()
                )
            )
        return self._keys
