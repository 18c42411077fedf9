"""Questions arranged: rules on one table as one scan, small ones in batches, the dearest first."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from trueup.ahead.look import Look
from trueup.ahead.units import Count, Question, Scan, Unit

DEAR = 1000
"""Pages (8 kB) from which a table is worth a transaction of its own: a hundredth of a second."""

TOGETHER = 40
"""Small questions that travel as one batch: enough that the way there and back is not felt."""

RULES = 40
"""Rules in one scan; a statement has at most 1,664 columns, and each takes two."""


PAGE = 1e-5
"""Seconds that a page takes where nothing is known: some hundred thousand are read in a second."""

Took = Callable[[], Mapping[Question, float]]
"""How many seconds a question took in an earlier run, where there was one."""

Judged = Mapping[Question, Sequence[str]]
"""What each question judges, as `over` has it."""


def relations(asked: Judged) -> list[str]:
    """What is judged, and the tables of rules, each once."""
    judged = [relation for names in asked.values() for relation in names]
    rules = (question.rows.rule for question in asked)
    return list(dict.fromkeys([*judged, *(rule.table for rule in rules if rule)]))


def arranged(asked: Judged, known: Look, took: Took) -> list[list[Unit]]:
    """
    Batches of units, the dearest first: what took longest before, else what reads most.

    Rows of a table that is scanned anyway are counted by the scan.
    """
    weights = _weights(asked, known)
    dear = [unit for unit, pages in weights.items() if pages >= DEAR]
    small = [unit for unit, pages in weights.items() if pages < DEAR]
    before = took() if len(dear) > 1 else {}
    dear.sort(key=lambda unit: -_seconds(unit, weights[unit], before))
    together = (small[start : start + TOGETHER] for start in range(0, len(small), TOGETHER))
    return [*([unit] for unit in dear), *together]


def _seconds(unit: Unit, pages: int, before: Mapping[Question, float]) -> float:
    asked = unit.members if isinstance(unit, Scan) else [unit]
    known = [before.get(one) for one in asked if isinstance(one, Question)]
    return sum(filter(None, known)) if known and None not in known else pages * PAGE


def _weights(asked: Judged, known: Look) -> dict[Unit, int]:
    """How many pages each unit reads of what it judges, or of the table that it scans."""
    weights: dict[Unit, int] = {}
    rest: list[Question] = []
    by_table: dict[str, list[Question]] = defaultdict(list)
    for question in asked:
        rule = question.rows.rule
        if rule is not None and rule.table in known.placed:
            by_table[rule.table].append(question)
        else:
            rest.append(question)
    for table, questions in by_table.items():
        for start in range(0, len(questions), RULES):
            scan = Scan(table, tuple(questions[start : start + RULES]))
            weights[scan] = known.pages[table]
    for question in rest:
        weights[question] = sum(known.pages.get(one, 0) for one in asked[question])
    judged = {relation for names in asked.values() for relation in names}
    weights |= {Count(one): known.pages.get(one, 0) for one in judged - by_table.keys()}
    return weights
