"""What must be known of tables and columns before it can be said how to ask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trueup.replica.reader import quoted
from trueup.replica.together import Together

_RELATIONS = """
    select name, coalesce(pg_catalog.pg_relation_size(c.oid) / 8192, 0)::int8,
           coalesce(relkind = 'r' and not relhassubclass, false)
    from unnest(%s::text[], %s::text[]) as asked(name, quoted)
    left join pg_catalog.pg_class c on c.oid = pg_catalog.to_regclass(quoted)
"""

_COLUMNS = """
    select dotted
    from unnest(%s::text[], %s::text[], %s::text[]) as asked(dotted, tab, col)
    where exists (
        select from pg_catalog.pg_attribute
        where attrelid = pg_catalog.to_regclass(tab) and attname = col and not attisdropped
    )
"""


@dataclass(frozen=True, slots=True)
class Look:
    """Pages of each table, the ordinary ones that have no children, and the columns there are."""

    pages: Mapping[str, int]
    plain: frozenset[str]
    columns: frozenset[str]


def look(reader: Together, relations: Sequence[str], columns: Sequence[str]) -> Look:
    """Ask for all of it at once; what is a SELECT has no pages. Raises QueryError."""
    tables = [name for name in relations if not name.startswith("(")]
    parts = [name.rpartition(".") for name in columns]
    sizes, there = reader.ask(
        [
            (_RELATIONS, [tables, [quoted(name) for name in tables]]),
            (_COLUMNS, [list(columns), [quoted(p[0]) for p in parts], [p[2] for p in parts]]),
        ]
    )
    return Look(
        pages={name: pages for name, pages, _ in sizes.rows},
        plain=frozenset(name for name, _, plain in sizes.rows if plain),
        columns=frozenset(row[0] for row in there.rows),
    )
