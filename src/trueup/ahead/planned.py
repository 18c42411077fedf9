"""Questions arranged: rules on one table as one scan, small ones in batches, the dearest first."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Set

from trueup.ahead.look import Look
from trueup.ahead.merged import rule_of
from trueup.ahead.units import Count, Question, Scan, Unit
from trueup.replica.names import Column
from trueup.replica.rule import Rule

WORTH = 0.01
"""Seconds of a server's time from which a batch is worth a connection's while."""

TOGETHER = 40
"""Questions that travel as one batch: enough that the way there and back is not felt."""

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
    rules = [question.rows.rule for question in asked if question.rows.rule]
    parents = [rule.parent.table for rule in rules if rule.parent]
    return list(dict.fromkeys([*judged, *(rule.table for rule in rules), *parents]))


def parents(asked: Judged) -> list[Column]:
    """The columns that rules on two tables join by, each once."""
    rules = (question.rows.rule for question in asked)
    return list(dict.fromkeys(rule.parent for rule in rules if rule and rule.parent))


def arranged(
    asked: Judged, known: Look, took: Took, served: Set[Question] = frozenset()
) -> list[list[Unit]]:
    """
    Batches of units, the dearest first: what took longest before, else what reads most.

    What is dear is alone, so that the connections can share the work; the rest travels together.
    Rows of a table that is scanned anyway are counted by the scan. What is `served` by an index is
    in no scan.
    """
    weights = _weights(asked, known, served)
    before = took() if sum(weights.values()) * PAGE > WORTH else {}
    seconds = {unit: _seconds(unit, pages, before) for unit, pages in weights.items()}
    batches: list[list[Unit]] = []
    room = 0.0
    for unit in sorted(seconds, key=lambda unit: -seconds[unit]):
        if room <= 0 or len(batches[-1]) == TOGETHER:
            batches.append([])
            room = WORTH
        batches[-1].append(unit)
        room -= seconds[unit]
    return batches


def _seconds(unit: Unit, pages: int, before: Mapping[Question, float]) -> float:
    asked = unit.members if isinstance(unit, Scan) else [unit]
    known = [before.get(one) for one in asked if isinstance(one, Question)]
    return sum(filter(None, known)) if known and None not in known else pages * PAGE


def _weights(asked: Judged, known: Look, served: Set[Question]) -> dict[Unit, int]:
    """How many pages each unit reads of what it judges, or of the table that it scans."""
    sources: dict[str, list[Question]] = defaultdict(list)
    rest: list[Question] = []
    for question in asked:
        rule = question.rows.rule
        if rule is not None and question not in served and _is_judged_by_row(rule, known):
            sources[rule.source].append(question)
        else:
            rest.append(question)
    weights: dict[Unit, int] = {}
    for questions in sources.values():
        if len(questions) == 1 and rule_of(questions[0]).key:
            rest += questions  # by itself it may need no table at all, but two indexes
            continue
        for start in range(0, len(questions), RULES):
            scan = _scan(questions[start : start + RULES])
            weights[scan] = _pages(scan, known)
    for question in rest:
        pages = sum(known.pages.get(one, 0) for one in asked[question])
        weights[question] = 0 if question in served else pages
    judged = {relation for names in asked.values() for relation in names}
    scanned = {unit.table for unit in weights if isinstance(unit, Scan) and not unit.joined}
    weights |= {Count(one): known.pages.get(one, 0) for one in judged - scanned}
    return weights


def _is_judged_by_row(rule: Rule, known: Look) -> bool:
    """Whether each row has one place and comes once: a parent that is not unique repeats it."""
    unique = rule.parent is None or rule.parent in known.unique
    return rule.table in known.placed and unique


def _scan(questions: Sequence[Question]) -> Scan:
    rule = rule_of(questions[0])
    return Scan(rule.table, tuple(questions), joined=rule.parent is not None)


def _pages(scan: Scan, known: Look) -> int:
    parent = rule_of(scan.members[0]).parent
    return known.pages[scan.table] + (known.pages.get(parent.table, 0) if parent else 0)
