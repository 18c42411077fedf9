"""One statement that judges many rules on a table, and those that fetch what they picked."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from trueup.ahead.units import Question, Scan
from trueup.replica.quoting import array
from trueup.replica.rule import Rule
from trueup.replica.sent import Sent

TOOK = "extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.statement_timestamp())::float8"
"""How long the server took; beside a count it is known once all rows were read."""


class Found(Struct, frozen=True):
    """What some rows are found by: where they lie in their table, or their keys."""

    values: Sequence[str]
    places: bool


_PARAMETER = re.compile(r"%%|%\((\w+)\)s")


def judging(scan: Scan, cap: int) -> Sent:
    """
    How long it took, how many rows the table has, and of each rule how many it picks and where.

    Of those places there are one more than the cap at most. Rows of a join are not counted.
    """
    params: dict[str, object] = {}
    rules = [rule_of(question) for question in scan.members]
    conditions = [_renamed(rule.condition, f"r{n}_") for n, rule in enumerate(rules)]
    checked = [_renamed(_shown(rule), f"r{n}_") for n, rule in enumerate(rules)]
    for n, question in enumerate(scan.members):
        params |= {f"r{n}_{name}": value for name, value in question.rows.params.items()}
    gathered = [
        _few(f"pg_catalog.array_agg({rule.place}) filter (where {condition}\n)", cap)
        for rule, condition in zip(rules, conditions, strict=True)
    ]
    judged = "null" if scan.joined else "count(*)"
    shown = ", ".join([TOOK, judged, *gathered, " or ".join(checked)])
    text = f"select {shown} from {rules[0].source}"  # noqa: S608  # each rule was checked
    if scan.joined:
        text += " where " + " or ".join(f"({condition}\n)" for condition in conditions)
    return text, params


def counting(question: Question, cap: int) -> Sent:
    """
    How long it took, how many rows the question has, and of a rule with a parent their keys.

    The keys alone may be in an index: a large table is not read to say that nothing is wrong.
    """
    asked, params = question.rows.asked.sent, question.rows.params
    rule = question.rows.rule
    if rule is None or not rule.key:
        return f"select {TOOK}, count(*), null from ({asked}\n) as asked", params  # noqa: S608  # checked to be one SELECT
    few = _few(f"pg_catalog.array_agg({rule.key})", cap)
    shown = f"{TOOK}, {few}, {_shown(rule)}"
    return f"select {shown} from {rule.source} where {rule.condition}\n", params  # noqa: S608  # checked, as above


def fetching(question: Question, found: Found | None) -> Sent:
    """
    The rows of a question, whole or by what they were found by.

    The rule is asked of them again: a place is one in each partition, and a key several rows'.
    """
    params = question.rows.params
    if found is None:
        return question.rows.asked.sent, params
    rule = rule_of(question)
    by = f"{rule.place} = any(%(trueup_found)s::tid[])" if found.places else _is_key(rule)
    text = (
        f"select {rule.columns} from {rule.source}"  # noqa: S608  # checked, as above
        f" where {by} and ({rule.condition}\n) order by 1"
    )
    return text, {**params, "trueup_found": array(found.values)}


def _shown(rule: Rule) -> str:
    """
    False, and what is shown of a row behind it: the server reads that, and never plans it.

    So a column that is gone is told also where nothing breaks the rule. With a row's place beside
    it no sum over all rows is taken for one of them.
    """
    shown = f"select {rule.columns}\n, {rule.place} from {rule.source} order by 1"  # noqa: S608  # checked, as above
    return f"false and exists ({shown})"


def _is_key(rule: Rule) -> str:
    """Without a cast: the server takes the array for one of whatever type the column is."""
    return f"{rule.key} = any(%(trueup_found)s)"


def rule_of(question: Question) -> Rule:
    """The rule of a scan's member, which has one."""
    if question.rows.rule is None:  # pragma: no cover  # only rules are put into a scan
        raise AssertionError("unreachable")
    return question.rows.rule


def members(scan: Scan, row: Sequence[Any]) -> Iterator[tuple[Question, int, Found]]:
    """Each question of a scan, how many rows it has, and where they are."""
    for n, question in enumerate(scan.members):
        yield question, row[2 + 2 * n], Found(row[3 + 2 * n] or (), places=True)


def _few(gathered: str, cap: int) -> str:
    """Two columns: how many were gathered, and the first of them."""
    return f"coalesce(cardinality({gathered}), 0), ({gathered})[1:{cap + 1}]::text[]"


def _renamed(condition: str, prefix: str) -> str:
    """Each rule has parameters of its own; a percent sign that is written twice is none."""
    return _PARAMETER.sub(
        lambda found: f"%({prefix}{found[1]})s" if found[1] else found[0], condition
    )
