"""A condition that picks rows of a table, each by itself: many of them are judged in one pass."""

import re
from collections.abc import Sequence

from msgspec import Struct

from trueup.errors import StatementError
from trueup.replica.names import Column, column, identifier
from trueup.replica.statement import Statement, statement

FURTHER = frozenset({"select", "table"})
"""Words by which other rows come in; a condition is no place for the rest."""

_OPEN, _CLOSE = "values (\n", "\n)"

_OF_CHILD = re.compile(r'\bchild\s*\.\s*("(?:[^"]|"")+"|\w+)')


class Rule(Struct, frozen=True):
    """
    A condition on the rows of a table, and what is shown of a row.

    `source` is what stands after FROM: rules with the same are judged together. With a `parent`
    that is the table joined to another, whose row the condition may look at as well. `key` is the
    column that names it, where the condition looks at no other of its own row: those may be in an
    index. All but the names of table and parent, as stored, is text as the driver takes it.
    """

    table: str
    source: str
    condition: str
    columns: str
    parent: Column | None = None
    key: str = ""

    @property
    def place(self) -> str:
        """What says where a row of the table lies."""
        return "child.ctid" if self.parent else "ctid"


def rule(
    table: str, condition: str, columns: Sequence[str], parent: tuple[str, str] | None = None
) -> tuple[Statement, Rule]:
    """
    The rule, and the one SELECT that asks for the rows that it picks.

    `columns` are SQL, the first orders the rows. `parent` has a column of the table, and the column
    of another that it names. Raises StatementError for a condition that looks at other rows: it
    could not be judged beside others.
    """
    judged = statement(f"{_OPEN}{condition}{_CLOSE}")
    if FURTHER & judged.words:
        raise StatementError(
            f"the rule on {table} looks further than its row; ask for those rows with rows(…)"
        )
    shown = ", ".join(columns)
    listed = statement(f"select {shown}")
    picked = judged.sent.removeprefix(_OPEN).removesuffix(_CLOSE)
    named = (parent[0], column(parent[1])) if parent else None
    source = _source(table, named)
    sent = source.replace("%", "%%")
    asked = Statement(
        sql=f"select {shown}\nfrom {source}\nwhere {condition}\norder by 1",
        sent=f"{listed.sent}\nfrom {sent}\nwhere {picked}\norder by 1",
        names=judged.names | listed.names,
        mentions=judged.mentions | listed.mentions | _mentioned(table, named),
        calls=judged.calls | listed.calls,
        words=judged.words | listed.words,
    )
    shown = listed.sent.removeprefix("select ")
    if named is None:
        return asked, Rule(table, sent, picked, shown)
    reference = identifier(named[0]).replace("%", "%%")
    key = f"child.{reference}" if set(_OF_CHILD.findall(picked)) == {reference} else ""
    return asked, Rule(table, sent, picked, shown, named[1], key)


def _source(table: str, parent: tuple[str, Column] | None) -> str:
    if parent is None:
        return identifier(table)
    reference, referred = parent
    return (
        f"{identifier(table)} as child\nleft join {identifier(referred.table)} as parent"
        f" on parent.{identifier(referred.name)} = child.{identifier(reference)}"
    )


def _mentioned(table: str, parent: tuple[str, Column] | None) -> set[str]:
    names = table.split(".")
    if parent is not None:
        names += [parent[0], *parent[1].table.split("."), parent[1].name]
    return set(names)
