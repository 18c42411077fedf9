"""One statement that judges many rules on a table, and those that fetch what they picked."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from trueup.ahead.units import Question, Scan
from trueup.replica.names import identifier
from trueup.replica.reader import array
from trueup.replica.rule import Rule
from trueup.replica.together import Sent

TOOK = "extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.statement_timestamp())::float8"
"""How long the server took; beside a count it is known once all rows were read."""

Found = Sequence[str] | None
"""What a question's rows are found by: places in a table, or keys; None where it is asked whole."""

_PARAMETER = re.compile(r"%%|%\((\w+)\)s")


def judging(scan: Scan, cap: int) -> Sent:
    """
    How long it took, how many rows the table has, and of each rule how many it picks and where.

    Of those places there are one more than the cap at most.
    """
    params: dict[str, object] = {}
    shown = [TOOK, "count(*)"]
    for n, question in enumerate(scan.members):
        condition = _renamed(rule_of(question).condition, f"r{n}_")
        params |= {f"r{n}_{name}": value for name, value in question.rows.params.items()}
        shown.append(_few(f"pg_catalog.array_agg(ctid) filter (where {condition}\n)", cap))
    source = rule_of(scan.members[0]).source
    return f"select {', '.join(shown)} from {source}", params  # noqa: S608  # each rule was checked


def counting(question: Question, cap: int) -> Sent:
    """How long it took, how many rows the question has, and its keys where it has a cheap one."""
    key = question.rows.key
    if key is None:
        text = f"select {TOOK}, count(*), null from ({question.rows.asked.sent}\n) as asked"  # noqa: S608  # checked to be one SELECT
    else:
        few = _few("pg_catalog.array_agg(key)", cap)
        text = f"select {TOOK}, {few} from ({key.listed.sent}\n) as asked(key)"  # noqa: S608  # checked, as above
    return text, question.rows.params


def fetching(question: Question, found: Found) -> Sent:
    """
    The rows of a question, by the places or keys that it was found by, if any.

    A place is one in each partition, so the rule is asked of it again.
    """
    asked, params = question.rows.asked.sent, question.rows.params
    if found is None:
        return asked, params
    if question.rows.key is not None:
        column = identifier(question.rows.key.column)
        text = f"select * from ({asked}\n) as asked where {column} = any(%(trueup_found)s)"  # noqa: S608  # checked, as above
        return text, {**params, "trueup_found": array(found)}
    rule = rule_of(question)
    text = (
        f"select {rule.columns} from {rule.source}"  # noqa: S608  # checked, as above
        f" where ctid = any(%(trueup_found)s::tid[]) and ({rule.condition}\n) order by 1"
    )
    return text, {**params, "trueup_found": list(found)}


def rule_of(question: Question) -> Rule:
    """The rule of a scan's member, which has one."""
    if question.rows.rule is None:  # pragma: no cover  # only rules are put into a scan
        raise AssertionError("unreachable")
    return question.rows.rule


def members(scan: Scan, row: Sequence[Any]) -> Iterator[tuple[Question, int, Found]]:
    """Each question of a scan, how many rows it has, and where they are."""
    for n, question in enumerate(scan.members):
        yield question, row[2 + 2 * n], row[3 + 2 * n]


def _few(gathered: str, cap: int) -> str:
    """Two columns: how many were gathered, and the first of them."""
    return f"coalesce(cardinality({gathered}), 0), ({gathered})[1:{cap + 1}]::text[]"


def _renamed(condition: str, prefix: str) -> str:
    """Each rule has parameters of its own; a percent sign that is written twice is none."""
    return _PARAMETER.sub(
        lambda found: f"%({prefix}{found[1]})s" if found[1] else found[0], condition
    )
