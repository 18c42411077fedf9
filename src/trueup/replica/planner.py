"""What the planner is asked, and what stands where in its answer."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from psycopg.rows import TupleRow

from trueup.replica.sent import Sent

Plan = Mapping[str, Any]
"""One step of a plan, with those below it in `Plans`."""


def explaining(text: str, params: Any) -> Sent:
    """The statement that has a question planned and not answered."""
    return f"explain (format json, verbose) {text}", params


def plan_of(rows: Sequence[TupleRow]) -> Plan:
    """The plan in the answer to that, which is one row of one document."""
    [[[found]]] = rows
    plan: Plan = found["Plan"]
    return plan


def tables(plan: Plan) -> Iterator[str]:
    """The tables that a plan reads, with their schemas."""
    if "Relation Name" in plan:
        yield f"{plan['Schema']}.{plan['Relation Name']}"
    for child in plan.get("Plans", ()):
        yield from tables(child)
