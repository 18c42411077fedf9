"""Which columns a report may print unasked: by their types, and never by what is in them."""

from collections.abc import Collection, Iterable, Mapping

import psycopg
from psycopg.rows import TupleRow

from trueup.replica.later import Later

PRINTABLE_TYPES = frozenset(
    {16, 20, 21, 23, 26, 700, 701, 790, 1082, 1083, 1114, 1184, 1186, 1266, 1700, 2205, 2950, 3220}
)
"""Oids of booleans, numbers, ids, times and regclass; an enum's labels are the schema's words."""

OWN = 16384
"""The first oid that is not one of PostgreSQL's own, none of which is an enum."""

_ENUMS = "select oid from pg_catalog.pg_type where typtype = 'e'"


def enums(connection: psycopg.Connection[TupleRow]) -> Later[frozenset[int]]:
    """Ask for the oids of all enums; a type that is made later is none, so it is not printed."""
    cursor = connection.execute(_ENUMS)
    return lambda: frozenset(oid for (oid,) in cursor)


def may_be_enums(types: Iterable[int]) -> bool:
    """Whether any of these is a type of the database's own."""
    return any(oid >= OWN for oid in types)


def printable(types: Mapping[str, int], known: Collection[int]) -> frozenset[str]:
    """The columns, by the oids of their types; `known` are those of enums."""
    return frozenset(name for name, oid in types.items() if oid in PRINTABLE_TYPES or oid in known)
