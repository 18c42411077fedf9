"""A plan in lines for a report: steps, tables, indexes and columns, and never a value."""

from collections.abc import Iterator

from trueup.replica.condition import columns
from trueup.replica.planner import Node

LONGEST = 60
"""Lines; a plan beyond that is nobody's reading in a report."""

_ON = {
    "Index Cond": "index on",
    "Hash Cond": "joined on",
    "Merge Cond": "joined on",
    "Join Filter": "compared on",
    "Filter": "filtered by",
}


def lines(plan: Node) -> tuple[str, ...]:
    """
    The plan, a line a step, those below a step further in.

    Of a condition only the columns are named, since what they are compared with may be a setting
    or a row's value.
    """
    found = list(_lines(plan, 0))
    if len(found) > LONGEST:
        found[LONGEST:] = [f"and {len(found) - LONGEST} more steps"]
    return tuple(found)


def _lines(node: Node, depth: int) -> Iterator[str]:
    yield f"{'  ' * depth}{'; '.join(_said(node))}"
    for child in node.get("Plans", ()):
        yield from _lines(child, depth + 1)


def _said(node: Node) -> Iterator[str]:
    yield f"{_named(node)}, about {_rows(node)}, cost {node['Total Cost']:,.0f}"
    for key, words in _ON.items():
        named = columns(node.get(key, ""))
        if named:
            yield f"{words} {', '.join(named)}"


def _named(node: Node) -> str:
    name = str(node["Node Type"])
    kind = node.get("Join Type", "Inner")
    if kind != "Inner":
        name = f"{name.removesuffix(' Join')} {kind} Join"
    if node.get("Parallel Aware"):
        name = f"Parallel {name}"
    if "Index Name" in node:
        name += f" using {node['Index Name']}"
    if "Relation Name" in node:
        name += f" on {_table(node)}"
    return name


def _table(node: Node) -> str:
    schema = f"{node['Schema']}." if "Schema" in node else ""
    alias = "" if node["Alias"] == node["Relation Name"] else f" {node['Alias']}"
    return f"{schema}{node['Relation Name']}{alias}"


def _rows(node: Node) -> str:
    count = int(node["Plan Rows"])
    return f"{count:,} row{'' if count == 1 else 's'}"
