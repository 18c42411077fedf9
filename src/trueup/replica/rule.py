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
    """A condition as the driver takes it, the table that it judges, and what is shown of a row."""

    table: str
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
    listed = statement(f"select {shown}").sent.removeprefix("select ")
    said = f"select {shown}\nfrom {identifier(table)}\nwhere {condition}\norder by 1"
    asked = statement(said)
    return asked, Rule(table, judged.sent.removeprefix(_OPEN).removesuffix(_CLOSE), listed)
