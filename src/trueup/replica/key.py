"""A key that is cheaper to list than the rows: who they are is asked of what is broken alone."""

from dataclasses import dataclass

from trueup.replica.statement import Statement


@dataclass(frozen=True, slots=True)
class Key:
    """
    A column of a question's answer, and a SELECT that lists it alone, once for each of the rows.

    It takes the question's parameters; several rows may share a value.
    """

    column: str
    listed: Statement
