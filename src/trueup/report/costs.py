"""What a run cost production, in words: the same on the page, in a summary and in pytest-html."""

from trueup.model.cost import CostRecord, SlowRecord
from trueup.model.run import Run, SystemRecord
from trueup.report import phrase

NAMED = 12
"""Invariants of one scan that are named; the rest is counted."""

Slowest = tuple[SystemRecord, SlowRecord]


def measured(run: Run) -> list[tuple[SystemRecord, CostRecord]]:
    """The systems whose cost is known; runs of an earlier Trueup have none."""
    return [(one, one.cost) for one in run.systems if one.cost is not None]


def slowest(run: Run) -> list[Slowest]:
    """What took longest of all systems, the longest first."""
    found = [(system, slow) for system, cost in measured(run) for slow in cost.slowest]
    return sorted(found, key=lambda pair: -pair[1].seconds)


def read(count: int, cost: CostRecord) -> str:
    """How much was read, as far as the server told."""
    return f"{'at least ' if cost.at_least else ''}{phrase.number(count)}"


def told(system: SystemRecord, cost: CostRecord) -> str:
    """What a system's server was asked for, in one sentence without its stop."""
    most = "at least " if cost.at_least else ""
    read_in = f"{phrase.plural(cost.rows, 'row')} and {phrase.plural(cost.blocks, 'block')} read"
    on = phrase.plural(cost.transactions, "transaction")
    by = phrase.plural(cost.connections, "connection")
    return (
        f"{system.title}: {most}{read_in} in {on} on {by}, which together waited"
        f" {phrase.duration(cost.seconds)} for answers;"
        f" a snapshot held for {phrase.duration(cost.longest_snapshot)}"
    )


def named(run: Run, slow: SlowRecord) -> list[tuple[str, str]]:
    """The id and the statement of each invariant, of many the first."""
    by = {record.id: phrase.placed(run, record) for record in run.records}
    return [(one, by.get(one, one)) for one in slow.invariants[:NAMED]]


def titled(run: Run, slow: SlowRecord) -> str:
    """Whose question it was, on one line."""
    statements = [statement for _, statement in named(run, slow)]
    if len(slow.invariants) == 1:
        return statements[0]
    return f"{phrase.plural(len(slow.invariants), 'invariant')} in one scan"
