"""Names and schemas as SQL text, for the places where no parameter can stand."""

import re
from collections.abc import Sequence

from msgspec import Struct

from trueup.errors import CatalogError
from trueup.replica.forbidden import WRITES
from trueup.replica.quoting import quoted_name

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")

_RESERVED = frozenset(
    """
    all analyse analyze and any array as asc asymmetric authorization binary both case cast check
    collate collation column concurrently constraint create cross current_catalog current_date
    current_role current_schema current_time current_timestamp current_user default deferrable desc
    distinct do else end except false fetch for foreign freeze from full grant group having ilike in
    initially inner intersect into is isnull join lateral leading left like limit localtime
    localtimestamp natural not notnull null offset on only or order outer overlaps placing primary
    references returning right select session_user similar some symmetric system_user table
    tablesample then to trailing true union unique user using variadic verbose when where window
    with
    """.split()  # noqa: SIM905  # a hundred words are read as a text, not as a column of quotes
)


class Column(Struct, frozen=True):
    """One column of one table, names as stored; `table` has its schema where one was given."""

    table: str
    name: str


def column(dotted: str) -> Column:
    """
    Read `"table.column"` or `"schema.table.column"`, names as stored, unquoted.

    Raises CatalogError for anything else.
    """
    parts = dotted.split(".")
    if len(parts) not in (2, 3) or not all(part.strip() == part != "" for part in parts):
        raise CatalogError(f"{dotted!r} is no column; write it as table.column, unquoted")
    return Column(".".join(parts[:-1]), parts[-1])


def identifier(dotted: str) -> str:
    """The name as SQL text, each part in double quotes only where it needs them."""
    return ".".join(_identifier(part) for part in dotted.split("."))


def literal(text: str) -> str:
    """The text as an SQL string, whatever it holds."""
    return "'" + text.replace("'", "''") + "'"


def spelt(sql: str, **lists: Sequence[str]) -> str:
    """
    The SQL with `:name` replaced by a list of strings, so that `over` can count it too.

    Raises CatalogError where a list is empty, or is one string.
    """
    for name, values in lists.items():
        if not values or isinstance(values, str):
            raise CatalogError(f"{name} is {values!r}; give a list with at least one name")
        sql = sql.replace(f":{name}", ", ".join(literal(value) for value in values))
    return sql


def _identifier(part: str) -> str:
    if _PLAIN.fullmatch(part) and part not in _RESERVED and part not in WRITES:
        return part
    return quoted_name(part)
