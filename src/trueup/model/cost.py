"""What a run cost production: what it opened, read and held, and what took longest."""

from collections.abc import Iterable

from msgspec import Struct

SLOWEST = 5
"""So many are kept, and explained at the end of the run."""


class SlowRecord(Struct, frozen=True, kw_only=True):
    """
    What took the server long, for one invariant or for several that one scan judged.

    `plan` is what the planner says of it, a line a step, without any value; empty where it could
    not be asked. `index` is the statement that would make an index for it; empty for none.
    """

    invariants: tuple[str, ...]
    seconds: float
    plan: tuple[str, ...] = ()
    index: str = ""


class CostRecord(Struct, frozen=True, kw_only=True):
    """
    What one system's server was asked for.

    `rows` and `blocks` are those of the system's own tables and indexes; with `at_least` there may
    be more, read by visitors, a transaction that failed or a worker that crashed. `seconds` is how
    long answers were waited for on all connections together; `longest_snapshot` is the longest time
    in seconds that one snapshot was held open.
    """

    connections: int = 0
    transactions: int = 0
    rows: int = 0
    blocks: int = 0
    at_least: bool = False
    seconds: float = 0.0
    longest_snapshot: float = 0.0
    slowest: tuple[SlowRecord, ...] = ()


def added(costs: Iterable[CostRecord | None]) -> CostRecord | None:
    """
    The cost of all together; None where none is known.

    Where only some are known, it is at least as much.
    """
    given = list(costs)
    known = [one for one in given if one is not None]
    if not known:
        return None
    slow = sorted((one for cost in known for one in cost.slowest), key=lambda one: -one.seconds)
    return CostRecord(
        connections=sum(one.connections for one in known),
        transactions=sum(one.transactions for one in known),
        rows=sum(one.rows for one in known),
        blocks=sum(one.blocks for one in known),
        at_least=len(known) < len(given) or any(one.at_least for one in known),
        seconds=round(sum(one.seconds for one in known), 4),
        longest_snapshot=max(one.longest_snapshot for one in known),
        slowest=tuple(slow[:SLOWEST]),
    )
