"""
The shape of a database around a person: its tables, and the links by which rows hang on rows.

Foreign keys are found by themselves; what the system declares of its people is added to them.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from trueup.errors import PersonError
from trueup.library.person import Fate, Person, Tie
from trueup.model.invariant import Row
from trueup.replica.names import column
from trueup.replica.quoting import array, quoted
from trueup.replica.reader import Reader

PUBLIC = "public"

CASCADE, SET_NULL, SET_DEFAULT = "cascade", "set null", "set default"

BLOCKING = RESTRICT, NO_ACTION = "restrict", "no action"

TEXTS = ("text", "character varying", "character", "citext")

_TABLES = """
    select n.nspname::text as schema, c.relname::text as name,
           array(
               select a.attname::text
               from pg_attribute as a
               where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
               order by a.attnum
           ) as columns,
           array(
               select format_type(a.atttypid, -1)
               from pg_attribute as a
               where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
               order by a.attnum
           ) as types,
           array(
               select a.attname::text
               from pg_attribute as a
               where a.attrelid = c.oid and a.attnum = any(unique_.indkey)
               order by a.attnum
           ) as key
    from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    left join lateral (
        select i.indkey
        from pg_index as i
        where i.indrelid = c.oid and i.indisunique and i.indisvalid
          and i.indpred is null and i.indexprs is null
          and not exists (
              select from pg_attribute as a
              where a.attrelid = c.oid and a.attnum = any(i.indkey) and not a.attnotnull
          )
        order by not i.indisprimary, i.indnkeyatts, i.indexrelid
        limit 1
    ) as unique_ on true
    where c.relkind in ('r', 'p') and not c.relispartition
      and n.nspname !~ '^pg_|^information_schema$'
    order by n.nspname, c.relname
"""

_KEYS = """
    select k.conname::text as name, k.confdeltype::text as action,
           cn.nspname::text as child_schema, c.relname::text as child,
           pn.nspname::text as parent_schema, p.relname::text as parent,
           array(
               select a.attname::text
               from unnest(k.conkey) with ordinality as u (attnum, place)
               join pg_attribute as a on a.attrelid = k.conrelid and a.attnum = u.attnum
               order by u.place
           ) as columns,
           array(
               select a.attname::text
               from unnest(k.confkey) with ordinality as u (attnum, place)
               join pg_attribute as a on a.attrelid = k.confrelid and a.attnum = u.attnum
               order by u.place
           ) as named
    from pg_constraint as k
    join pg_class as c on c.oid = k.conrelid
    join pg_namespace as cn on cn.oid = c.relnamespace
    join pg_class as p on p.oid = k.confrelid
    join pg_namespace as pn on pn.oid = p.relnamespace
    where k.contype = 'f' and k.conparentid = 0 and not c.relispartition
    order by cn.nspname, c.relname, k.conname
"""

_ACTION = {"c": CASCADE, "n": SET_NULL, "d": SET_DEFAULT, "r": RESTRICT, "a": NO_ACTION}


class Table(Struct, frozen=True, eq=False):
    """A table as it is in the database; `key` names a row for ever, empty where nothing does."""

    schema: str
    name: str
    types: Mapping[str, str]
    key: tuple[str, ...]

    @property
    def label(self) -> str:
        """The name as fixes write it: public is where a bare name is."""
        return self.name if self.schema == PUBLIC else f"{self.schema}.{self.name}"

    @property
    def sql(self) -> str:
        """Schema and name, quoted."""
        return quoted(f"{self.schema}.{self.name}")


Reference = tuple[Table, tuple[str, ...]]
"""Columns of a table that others name, or one expression over it, in parentheses."""

Values = frozenset[tuple[str, ...]]
"""What rows have in such columns, as texts."""


class Condition(Struct, frozen=True):
    """Which rows of a table: SQL over it, and the parameters that the SQL names."""

    sql: str = "false"
    given: Mapping[str, str] = field(default_factory=dict)

    def __and__(self, other: "Condition") -> "Condition":
        return Condition(f"({self.sql} and {other.sql})", {**self.given, **other.given})

    def __or__(self, other: "Condition") -> "Condition":
        return Condition(f"({self.sql} or {other.sql})", {**self.given, **other.given})

    def __invert__(self) -> "Condition":
        return Condition(f"({self.sql}) is not true", self.given)


class Link(Struct, frozen=True):
    """
    How rows of a table name rows of another: by a foreign key, a declared tie, or both.

    `texts` is SQL, compared with the parent's columns as `types`. `columns` are its own where they
    are columns, `action` is what its foreign key does on delete; both are empty where there is
    none. `says_who` tells that what it names is the person, and not something of theirs.
    """

    name: str
    child: Table
    texts: tuple[str, ...]
    types: tuple[str, ...]
    parent: Reference
    columns: tuple[str, ...] = ()
    action: str = ""
    tie: Tie | None = None
    says_who: bool = False

    @property
    def fate(self) -> Fate | None:
        """What is declared of its rows; a key that cascades says it by itself."""
        if self.tie is not None:
            return self.tie.fate
        return Fate.GOES if self.cascades else None

    @property
    def cascades(self) -> bool:
        """Whether the database itself takes its rows along."""
        return self.action == CASCADE

    def condition(self, values: Values, prefix: str) -> Condition:
        """Which rows name one of the values."""
        if not values:
            return Condition()
        columns = zip(*sorted(values), strict=True)
        given = {f"{prefix}_{place}": array(column) for place, column in enumerate(columns)}
        arrays = [
            f"cast(:{key} as {type_}[])" for key, type_ in zip(given, self.types, strict=True)
        ]
        if len(self.texts) == 1:
            return Condition(f"{self.texts[0]} = any({arrays[0]})", given)
        row, listed = ", ".join(self.texts), ", ".join(arrays)
        return Condition(f"({row}) in (select * from unnest({listed}))", given)  # noqa: S608  # every name in it is quoted


class Shape:
    """The tables of a database, and how their rows hang together: by keys, and as declared."""

    def __init__(self, reader: Reader, person: Person) -> None:
        """Raise PersonError for a declared table or column that is not there."""
        self.person = person
        self.tables = {
            (found.schema, found.name): found for found in map(_table, reader.rows(_TABLES))
        }
        account = column(person.account)
        self.account: Reference = (self.named(account.table), (account.name,))
        _require(self.account[0], account.name)
        self.links = _marked(list(self._links(reader)), self.account)

    def named(self, dotted: str) -> Table:
        """The table by the name that a declaration has; raises PersonError where there is none."""
        found = self.find(dotted)
        if found is None:
            raise PersonError(f"person.py names the table {dotted!r}, which is not there")
        return found

    def find(self, dotted: str) -> Table | None:
        """The table of that name, None where there is none."""
        schema, _, name = dotted.rpartition(".")
        return self.tables.get((schema or PUBLIC, name))

    def of(self, table: Table) -> list[tuple[int, Link]]:
        """The links by which a table's rows name others, with their places."""
        return [(n, link) for n, link in enumerate(self.links) if link.child is table]

    def _links(self, reader: Reader) -> Iterator[Link]:
        declared = dict(filter(self._is_there, self.person.ties.items()))
        for row in reader.rows(_KEYS):
            link = self._keyed(row)
            yield replace(link, tie=declared.pop(link.name, None))
        for said, tie in declared.items():
            yield self._tied(said, tie)

    def _keyed(self, row: Row) -> Link:
        child = self.tables[str(row["child_schema"]), str(row["child"])]
        parent = self.tables[str(row["parent_schema"]), str(row["parent"])]
        columns, named = _names(row["columns"]), _names(row["named"])
        return Link(
            name=f"{child.label}.{','.join(columns)}",
            child=child,
            texts=tuple(map(quoted, columns)),
            types=tuple(parent.types[name] for name in named),
            parent=(parent, named),
            columns=columns,
            action=_ACTION[str(row["action"])],
        )

    def _tied(self, said: str, tie: Tie) -> Link:
        parent = self._parent(tie)
        wanted = parent[0].types.get(parent[1][0], "text")
        dotted, _, expression = said.partition(":")
        if expression:
            child = self.named(dotted)
            return Link(said, child, (f"({expression.strip()})",), ("text",), parent, tie=tie)
        child, name = self.named(column(said).table), column(said).name
        type_ = _require(child, name)
        same = type_ == wanted or type_ in TEXTS
        text = quoted(name) if same else f"{quoted(name)}::text"
        return Link(said, child, (text,), (type_ if same else "text",), parent, (name,), tie=tie)

    def _parent(self, tie: Tie) -> Reference:
        if not tie.of:
            return self.account
        dotted, _, expression = tie.of.partition(":")
        if expression:
            return self.named(dotted), (f"({expression.strip()})",)
        of = column(tie.of)
        _require(self.named(of.table), of.name)
        return self.named(of.table), (of.name,)

    def _is_there(self, declared: tuple[str, Tie]) -> bool:
        """Whether a tie counts here: one that may be absent is left out where it is."""
        said, tie = declared
        if not tie.may_be_absent:
            return True
        dotted, _, expression = said.partition(":")
        found = self.find(dotted if expression else column(said).table)
        return found is not None and (bool(expression) or column(said).name in found.types)


def _marked(links: list[Link], account: Reference) -> tuple[Link, ...]:
    """Mark the links whose value is the account's own, however many tables lie in between."""
    who = {(account[0], account[1])}
    grown = True
    while grown:
        told = {(link.child, link.columns) for link in links if link.parent in who and link.columns}
        grown = not told <= who
        who |= told
    return tuple(replace(link, says_who=link.parent in who) for link in links)


def _require(table: Table, name: str) -> str:
    if name not in table.types:
        raise PersonError(f"person.py names the column {table.label}.{name}, which is not there")
    return table.types[name]


def _table(row: Row) -> Table:
    columns, types = _names(row["columns"]), _names(row["types"])
    return Table(
        schema=str(row["schema"]),
        name=str(row["name"]),
        types=dict(zip(columns, types, strict=True)),
        key=_names(row["key"]),
    )


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(f"an array was asked for, and a {type(value).__name__} came")
    return tuple(map(str, value))
