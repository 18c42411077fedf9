"""One statement that judges many rules on a table, and those that fetch what they picked."""

import re
from collections.abc import Iterator, Sequence

from trueup.ahead.units import Question, Scan
from trueup.replica.names import identifier
from trueup.replica.rule import Rule
from trueup.replica.together import Sent

TOOK = "extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.statement_timestamp())::float8"
"""How long the server took; beside a count it is known once all rows were read."""

_PARAMETER = re.compile(r"%%|%\((\w+)\)s")


def judging(scan: Scan, cap: int, *, gathers: bool) -> Sent:
    """
    How long it took, how many rows the table has, and how many each rule picks.

    Where the server `gathers` an array in parallel (PostgreSQL 16 on), each count is followed by
    where the rows are, one more than the cap at most; before that it would cost the parallel plan.
    """
    params: dict[str, object] = {}
    shown = [TOOK, "count(*)"]
    for n, question in enumerate(scan.members):
        condition = _renamed(rule_of(question).condition, f"r{n}_")
        params |= {f"r{n}_{name}": value for name, value in question.rows.params.items()}
        if gathers:
            found = f"pg_catalog.array_agg(ctid) filter (where {condition}\n)"
            shown += [f"coalesce(cardinality({found}), 0)", f"({found})[1:{cap + 1}]::text[]"]
        else:
            shown += [f"count(*) filter (where {condition}\n)", "null"]
    return f"select {', '.join(shown)} from {_table(scan.table)}", params  # noqa: S608  # each rule was checked


def counting(question: Question) -> Sent:
    """How long it took, and how many rows the question has."""
    text = f"select {TOOK}, count(*) from ({question.rows.asked.sent}\n) as asked"  # noqa: S608  # checked to be one SELECT
    return text, question.rows.params


def fetching(question: Question, places: Sequence[str] | None) -> Sent:
    """
    The rows of a question; of a rule, by the places where the scan saw them.

    A place is one in each partition, so the rule is asked of it again.
    """
    if places is None:
        return question.rows.asked.sent, question.rows.params
    rule = rule_of(question)
    text = (
        f"select {rule.columns} from {_table(rule.table)}"  # noqa: S608  # checked, as above
        f" where ctid = any(%(trueup_places)s::tid[]) and ({rule.condition}\n) order by 1"
    )
    return text, {**question.rows.params, "trueup_places": list(places)}


def rule_of(question: Question) -> Rule:
    """The rule of a scan's member, which has one."""
    if question.rows.rule is None:  # pragma: no cover  # only rules are put into a scan
        raise AssertionError("unreachable")
    return question.rows.rule


def members(
    scan: Scan, row: Sequence[object]
) -> Iterator[tuple[Question, int, Sequence[str] | None]]:
    """Each question of a scan, how many rows it has, and where they are if that was asked."""
    for n, question in enumerate(scan.members):
        count, places = row[2 + 2 * n : 4 + 2 * n]
        yield question, int(str(count)), places if isinstance(places, list) else None


def _table(name: str) -> str:
    return identifier(name).replace("%", "%%")


def _renamed(condition: str, prefix: str) -> str:
    """Each rule has parameters of its own; a percent sign that is written twice is none."""
    return _PARAMETER.sub(
        lambda found: f"%({prefix}{found[1]})s" if found[1] else found[0], condition
    )
