"""A condition that picks rows of one table, each by itself: many of them are judged in one scan."""

from collections.abc import Sequence
from dataclasses import dataclass

from trueup.errors import StatementError
from trueup.replica.names import identifier
from trueup.replica.statement import Statement, statement

FURTHER = frozenset({"select", "table"})
"""Words by which other rows come in; a condition is no place for the rest."""

_OPEN, _CLOSE = "values (\n", "\n)"


@dataclass(frozen=True, slots=True)
class Rule:
    """
    A condition on the rows of a table, and what is shown of a row.

    All but `table`, its name as stored, is text as the driver takes it.
    """

    table: str
    source: str
    condition: str
    columns: str


def rule(table: str, condition: str, columns: Sequence[str]) -> tuple[Statement, Rule]:
    """
    The rule, and the one SELECT that asks for the rows that it picks.

    `columns` are SQL, the first orders the rows. Raises StatementError for a condition that looks
    at more than its own row: it could not be judged beside others.
    """
    judged = statement(f"{_OPEN}{condition}{_CLOSE}")
    if FURTHER & judged.mentions:
        raise StatementError(
            f"the rule on {table} looks further than its row; ask for those rows with rows(…)"
        )
    shown = ", ".join(columns)
    listed = statement(f"select {shown}")
    condition_sent = judged.sent.removeprefix(_OPEN).removesuffix(_CLOSE)
    source = identifier(table).replace("%", "%%")
    asked = Statement(
        sql=f"select {shown}\nfrom {identifier(table)}\nwhere {condition}\norder by 1",
        sent=f"{listed.sent}\nfrom {source}\nwhere {condition_sent}\norder by 1",
        names=judged.names | listed.names,
        mentions=judged.mentions | listed.mentions | set(table.split(".")),
        calls=judged.calls | listed.calls,
    )
    return asked, Rule(table, source, condition_sent, listed.sent.removeprefix("select "))
