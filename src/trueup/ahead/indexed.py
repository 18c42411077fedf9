"""Rules that an index serves: alone they cost next to nothing, in a scan a look at each row."""

from collections.abc import Iterable

from trueup.ahead.look import Look
from trueup.ahead.merged import counting
from trueup.ahead.units import Question
from trueup.replica.planner import explaining, plan_of
from trueup.replica.sent import Sent
from trueup.replica.together import Together

LARGE = 1000
"""Pages of a table from which on it is worth a question to the planner."""

CHEAP = 0.1
"""The part of a scan's cost, of which each page is one, up to which a rule is not put into it."""


def indexed(reader: Together, questions: Iterable[Question], known: Look) -> frozenset[Question]:
    """Ask the planner which rules on large tables an index serves; raises ReplicaError."""
    large = [one for one in questions if _pages(one, known) >= LARGE]
    reader.refuse([(one.rows, one.calls) for one in large])
    plans = reader.ask([_explaining(one) for one in large])
    costs = [float(plan_of(plan.rows)["Total Cost"]) for plan in plans]
    return frozenset(
        one for one, cost in zip(large, costs, strict=True) if cost < CHEAP * _pages(one, known)
    )


def _pages(question: Question, known: Look) -> int:
    """How many pages its rule would have read of one table; none where it is of another kind."""
    rule = question.rows.rule
    if rule is None or rule.parent is not None or rule.table not in known.placed:
        return 0
    return known.pages[rule.table]


def _explaining(question: Question) -> Sent:
    return explaining(*counting(question, cap=0))
