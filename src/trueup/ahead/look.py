"""What must be known of tables and columns before it can be said how to ask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trueup.replica.reader import quoted
from trueup.replica.together import Together

_RELATIONS = """
    select name, coalesce(pg_catalog.pg_relation_size(c.oid) / 8192, 0)::int8,
           coalesce(relkind in ('r', 'p', 'm'), false)
    from unnest(%s::text[], %s::text[]) as asked(name, quoted)
    left join pg_catalog.pg_class c on c.oid = pg_catalog.to_regclass(quoted)
"""


@dataclass(frozen=True, slots=True)
class Look:
    """Pages of each table, those whose rows have a place (a view's have none), and the columns."""

    pages: Mapping[str, int]
    placed: frozenset[str]
    columns: frozenset[str]


def look(reader: Together, relations: Sequence[str], columns: Sequence[str]) -> Look:
    """Ask for all of it at once; what is a SELECT has no pages. Raises QueryError."""
    tables = [name for name in relations if not name.startswith("(")]
    sizes, *there = reader.ask(
        [
            (_RELATIONS, [tables, [quoted(name) for name in tables]]),
            *(reader.having(name) for name in columns),
        ]
    )
    return Look(
        pages={name: pages for name, pages, _ in sizes.rows},
        placed=frozenset(name for name, _, placed in sizes.rows if placed),
        columns=frozenset(
            name for name, taken in zip(columns, there, strict=True) if taken.rows[0][0]
        ),
    )
