"""What the planner expects a query to cost, against what the environment allows."""

from trueup.errors import CostError
from trueup.replica.planner import Node, nodes


def refuse_dear(plan: Node, most: float) -> None:
    """
    Raise CostError where a plan costs more than that, in the planner's own units.

    A unit is about what it takes to read one page in sequence. `plan` is what EXPLAIN (FORMAT JSON)
    gives; the part that costs most is named, by its table and not by what it filters for.
    """
    cost = float(plan["Total Cost"])
    if cost > most:
        dearest = max(nodes(plan), key=_own)
        raise CostError(
            f"its plan costs {cost:,.0f}, more than max_cost = {most:,.0f}: {_words(dearest)}"
        )


def _own(node: Node) -> float:
    """What a node costs without those below it."""
    return float(node["Total Cost"]) - sum(float(c["Total Cost"]) for c in node.get("Plans", ()))


def _words(node: Node) -> str:
    on = f" on {node['Relation Name']}" if "Relation Name" in node else ""
    return f"{node['Node Type'].lower()}{on}, about {node['Plan Rows']:,} rows"
