"""What the planner is asked, and what stands where in its answer."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from psycopg.rows import TupleRow

from trueup.replica.sent import Sent

Node = Mapping[str, Any]
"""One step of what EXPLAIN (FORMAT JSON, VERBOSE) gives, with those below it."""


def explaining(text: str, params: Any) -> Sent:
    """The statement that has a question planned and not answered."""
    return f"explain (format json, verbose) {text}", params


def plan_of(rows: Sequence[TupleRow]) -> Node:
    """The plan in the answer to that, which is one row of one document."""
    [[[found]]] = rows
    plan: Node = found["Plan"]
    return plan


def nodes(plan: Node) -> Iterator[Node]:
    """Each step, the first before those below it."""
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def tables(plan: Node) -> Iterator[str]:
    """The tables that a plan reads, with their schemas."""
    for node in nodes(plan):
        if "Relation Name" in node:
            yield f"{node['Schema']}.{node['Relation Name']}"
