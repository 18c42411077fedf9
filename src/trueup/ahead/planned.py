"""Questions arranged: rules on one table as one scan, small ones in batches, the dearest first."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from trueup.ahead.look import Look
from trueup.ahead.units import Count, Question, Scan, Unit

DEAR = 1000
"""Pages (8 kB) from which a table is worth a transaction of its own: a hundredth of a second."""

TOGETHER = 40
"""Small questions that travel as one batch: enough that the way there and back is not felt."""

RULES = 40
"""Rules in one scan; a statement has at most 1,664 columns, and each takes two."""


Judged = Mapping[Question, Sequence[str]]
"""What each question judges, as `over` has it."""


def relations(asked: Judged) -> list[str]:
    """What is judged, and the tables of rules, each once."""
    judged = [relation for names in asked.values() for relation in names]
    rules = (question.rows.rule for question in asked)
    return list(dict.fromkeys([*judged, *(rule.table for rule in rules if rule)]))


def arranged(asked: Judged, known: Look) -> list[list[Unit]]:
    """
    Batches of units, dearest first.

    Rows of a table that is scanned anyway are counted by the scan.
    """
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
    return list(_batches(sorted(weights, key=lambda unit: -weights[unit]), weights))


def _batches(units: Sequence[Unit], weights: Mapping[Unit, int]) -> Iterator[list[Unit]]:
    small: list[Unit] = []
    for unit in units:
        if weights[unit] >= DEAR:
            yield [unit]
        else:
            small.append(unit)
    for start in range(0, len(small), TOGETHER):
        yield small[start : start + TOGETHER]
