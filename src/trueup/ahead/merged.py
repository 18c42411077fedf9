"""One statement that judges many rules on a table, and those that fetch what they picked."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from trueup.ahead.units import Question, Scan
from trueup.replica.quoting import array
from trueup.replica.reader import by_key
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

    Of those there are one more than the cap at most. Rows of a join are not counted.
    """
    params: dict[str, object] = {}
    rules = [rule_of(question) for question in scan.members]
    conditions = [_renamed(rule.condition, f"r{n}_") for n, rule in enumerate(rules)]
    checked = [_renamed(_shown(question), f"r{n}_") for n, question in enumerate(scan.members)]
    for n, question in enumerate(scan.members):
        params |= {f"r{n}_{name}": value for name, value in question.rows.params.items()}
    picked = [
        f"{_first(rule.place, question, cap, condition)} as r{n}"
        for n, (question, rule, condition) in enumerate(
            zip(scan.members, rules, conditions, strict=True)
        )
    ]
    judged = "null" if scan.joined else "count(*)"
    scanned = f"select {', '.join([f'{judged} as judged', *picked])} from {rules[0].source}"  # noqa: S608  # each rule was checked
    if scan.joined:
        scanned += " where " + " or ".join(f"({condition}\n)" for condition in conditions)
    found = [_counted(f"r{n}") for n in range(len(rules))]
    shown = ", ".join([TOOK, "judged", *found, " or ".join(checked)])
    return f"select {shown} from ({scanned}\n) as scanned", params  # noqa: S608  # as above


def counting(question: Question, cap: int) -> Sent:
    """
    How long it took, how many rows the question has, and of a rule with a parent their keys.

    The keys alone may be in an index: a large table is not read to say that nothing is wrong. Of
    those there are one more than the cap at most.
    """
    asked, params = question.rows.asked.sent, question.rows.params
    rule = question.rows.rule
    if rule is None or not rule.key:
        keys = by_key(asked, question.key)
        return f"select {TOOK}, count(*), null from ({keys}) as asked", params  # noqa: S608  # checked to be one SELECT
    first = _first(rule.key, question, cap)
    listed = f"select {first} as keys from {rule.source} where {rule.condition}\n"  # noqa: S608  # checked, as above
    shown = ", ".join([TOOK, _counted("keys"), _shown(question)])
    return f"select {shown} from ({listed}) as listed", params  # noqa: S608  # as above


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


def _shown(question: Question) -> str:
    """
    False, and what is shown of a row behind it: the server reads that, and never plans it.

    So a column that is gone, or a key that is none, is told also where nothing breaks the rule.
    With a row's place beside it no sum over all rows is taken for one of them.
    """
    rule = rule_of(question)
    shown = f"select {rule.columns}\n, {rule.place} from {rule.source} order by 1"  # noqa: S608  # checked, as above
    return f"false and exists ({by_key(shown, question.key)})"


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


def _first(place: str, question: Question, cap: int, condition: str = "true") -> str:
    """
    The first places, or keys, of rows that meet a condition, one more than the cap at most.

    An array of all would take the server's memory, which work_mem does not bound. So they are
    counted in a setting of the transaction, which asks each question once. Its name is in hex: to
    the server settings that differ by a capital are one. Null is no truth, and must be made untrue:
    behind a null the server reads on, to see whether anything is false, and would count the row.
    """
    name = f"'trueup.found_{question.invariant.encode().hex()}'"
    so_far = f"pg_catalog.current_setting({name}, true)"
    noted = f"(coalesce(nullif({so_far}, ''), '0')::int + 1)::text"
    return (
        f"pg_catalog.array_agg({place}) filter (where ({condition}\n) is true"
        f" and {so_far} is distinct from '{cap + 1}'"
        f" and pg_catalog.set_config({name}, {noted}, true) <> '')"
    )


def _counted(found: str) -> str:
    """Two columns: how many were found, and these."""
    return f"coalesce(cardinality({found}), 0), {found}::text[]"


def _renamed(condition: str, prefix: str) -> str:
    """Each rule has parameters of its own; a percent sign that is written twice is none."""
    return _PARAMETER.sub(
        lambda found: f"%({prefix}{found[1]})s" if found[1] else found[0], condition
    )
