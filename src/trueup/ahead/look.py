"""What must be known of tables and columns before it can be said how to ask."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from trueup.replica.names import Column
from trueup.replica.quoting import quoted
from trueup.replica.reader import having
from trueup.replica.sent import Sent
from trueup.replica.taken import Taken

_RELATIONS = """
    select name, coalesce(pg_catalog.pg_relation_size(c.oid) / 8192, 0)::int8,
           coalesce(relkind in ('r', 'p', 'm'), false)
    from unnest(%s::text[], %s::text[]) as asked(name, quoted)
    left join pg_catalog.pg_class c on c.oid = pg_catalog.to_regclass(quoted)
"""


_UNIQUE = """
    select ord::int4 from unnest(%s::text[], %s::text[]) with ordinality as asked(quoted, name, ord)
    join pg_catalog.pg_class c
      on c.oid = pg_catalog.to_regclass(quoted) and (relkind = 'p' or not relhassubclass)
    join pg_catalog.pg_attribute a on attrelid = c.oid and attname = name and not attisdropped
    where exists (
        select from pg_catalog.pg_index
        where indrelid = c.oid and indisunique and indisvalid and indpred is null
          and indnkeyatts = 1 and indkey[0] = attnum
    )
"""


class Look(Struct, frozen=True):
    """
    Pages of each table, those whose rows have a place (a view's have none), and the columns.

    `unique` are those columns by which a row has one parent at most.
    """

    pages: Mapping[str, int]
    placed: frozenset[str]
    columns: frozenset[str]
    unique: frozenset[Column]


class Looking(Struct, frozen=True):
    """What is to be known: of tables and SELECTs, of columns, and of those that name a parent."""

    relations: Sequence[str]
    columns: Sequence[str]
    parents: Sequence[Column]

    @property
    def sent(self) -> list[Sent]:
        """The questions; what is a SELECT has no pages."""
        tables = [name for name in self.relations if not name.startswith("(")]
        referred = [quoted(one.table) for one in self.parents]
        return [
            (_RELATIONS, [tables, [quoted(name) for name in tables]]),
            (_UNIQUE, [referred, [one.name for one in self.parents]]),
            *map(having, self.columns),
        ]

    def seen(self, answers: Sequence[Taken]) -> Look:
        """What the answers to those questions say."""
        sizes, unique, *there = answers
        return Look(
            pages={name: pages for name, pages, _ in sizes.rows},
            placed=frozenset(name for name, _, placed in sizes.rows if placed),
            columns=frozenset(
                name for name, one in zip(self.columns, there, strict=True) if one.rows[0][0]
            ),
            unique=frozenset(self.parents[place - 1] for (place,) in unique.rows),
        )
