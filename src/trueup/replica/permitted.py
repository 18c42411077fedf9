"""What a question may do: which functions it may call, which timestamps it has, what it costs."""

from collections.abc import Collection

import psycopg
from msgspec import Struct
from psycopg.rows import TupleRow

from trueup.replica.cost import refuse_dear
from trueup.replica.functions import Volatile, refuse_volatile, volatile
from trueup.replica.later import Later
from trueup.replica.planner import Node
from trueup.replica.statement import Statement
from trueup.replica.zones import Times, refuse_mixed


class Permitted(Struct, frozen=True):
    """
    What each question is held to before it is asked.

    `times` are the timestamp columns, which are not to be mixed, and `cost` is in the planner's
    units; None is for a session that asks neither.
    """

    known: Volatile
    times: Times | None = None
    cost: float | None = None

    def refuse_calls(self, asked: Statement, allowed: Collection[str]) -> None:
        """Raise StatementError where it reaches a volatile function that is not `allowed`."""
        refuse_volatile(asked, self.known, allowed)

    def must_be_planned(self, asked: Statement) -> bool:
        """Whether its plan is looked at first: for its cost, or, once a text, for mixed times."""
        times = self.times
        mixes = times is not None and times.mixes and asked.sql not in times.checked
        return mixes or self.cost is not None

    def refuse_plan(self, asked: Statement, plan: Node) -> None:
        """Raise CostError for a plan that costs too much, StatementError for one that mixes."""
        if self.cost is not None:
            refuse_dear(plan, self.cost)
        if self.times is not None and asked.sql not in self.times.checked:
            refuse_mixed(plan, self.times)
            self.times.checked.add(asked.sql)


def permitted(connection: psycopg.Connection[TupleRow]) -> Later[Permitted]:
    """Ask for the functions alone: what is planned or applied mixes and costs what it may."""
    known = volatile(connection)
    return lambda: Permitted(known())
