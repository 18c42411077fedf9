"""What took longest, explained: its plan, and the index that would help; loaded by need."""

from collections.abc import Sequence

from trueup.errors import ReplicaError
from trueup.model.cost import SLOWEST, SlowRecord
from trueup.replica.index import TABLE, Table, Wanted, suggested, wanted
from trueup.replica.plan import lines
from trueup.replica.planner import Node, explaining, plan_of
from trueup.replica.reader import Reader
from trueup.replica.slow import Slow
from trueup.replica.together import Together
from trueup.suite.source import Source

Explained = tuple[str, Node]
"""A statement as it was sent, and its plan."""


def told(source: Source, slow: Sequence[Slow], *, explain: bool) -> tuple[SlowRecord, ...]:
    """
    The slowest, and where they are to be explained, with the plan of their dearest statement.

    Nothing is run again. Where the server does not say, they are told without a plan: to explain
    is a courtesy, and changes no verdict.
    """
    worst = sorted(slow, key=lambda one: -one.seconds)[:SLOWEST]
    unexplained = tuple(_record(one) for one in worst)
    if not explain:
        return unexplained
    try:
        return source.asked(lambda reader: _explained(reader, worst))
    except ReplicaError:
        return unexplained


def _explained(reader: Reader, worst: Sequence[Slow]) -> tuple[SlowRecord, ...]:
    together = Together(reader)
    plans = _plans(together, worst)
    may_help = [wanted(plan) for _, plan in plans]
    tables = _tables(together, [one for found in may_help for one in found])
    return tuple(
        _record(one, lines(plan), _index(found, tables, sql))
        for one, (sql, plan), found in zip(worst, plans, may_help, strict=True)
    )


def _plans(together: Together, worst: Sequence[Slow]) -> list[Explained]:
    """The dearest plan of each; all of them are asked for at once."""
    sent = [explaining(text, params) for one in worst for text, params in one.sent]
    answers = iter(together.ask(sent))
    found = []
    for one in worst:
        plans = [(text, plan_of(next(answers).rows)) for text, _ in one.sent]
        found.append(max(plans, key=lambda pair: float(pair[1]["Total Cost"])))
    return found


def _tables(together: Together, asked: Sequence[Wanted]) -> dict[tuple[str, str], Table]:
    names = list(dict.fromkeys((one.schema, one.table) for one in asked))
    answers = together.ask([(TABLE, list(name)) for name in names])
    return {name: Table(*row) for name, one in zip(names, answers, strict=True) for row in one.rows}


def _index(found: Sequence[Wanted], tables: dict[tuple[str, str], Table], sql: str) -> str:
    """The first that would help: what is dearer is asked first."""
    texts = (suggested(one, tables[one.schema, one.table], sql) for one in found)
    return next(filter(None, texts), "")


def _record(one: Slow, plan: tuple[str, ...] = (), index: str = "") -> SlowRecord:
    return SlowRecord(
        invariants=one.invariants, seconds=round(one.seconds, 4), plan=plan, index=index
    )
