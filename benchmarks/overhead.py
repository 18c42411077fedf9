"""
What an invariant costs Trueup: milliseconds one that holds and one that is violated, and to start.

Whole processes of `trueup check`, guard, page and run.json included, with 20, 200 and 1,000
invariants, all of which hold or all of which are violated by a few rows. The slope from the fewest
to the most is the cost of an invariant, the database's own time for so small tables included; the
rest is start-up. Each but a reference asks another SQL, so that no cache of texts answers it.
"""

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

from comparison import data, studybuddy
from comparison.definition import Check
from comparison.peer import Trueup
from comparison.process import Finished
from comparison.servers import servers
from trueup.sample import Cluster

NUMBERS = (20, 200, 1000)
ROWS = 10_000
BOUND_MS, BOUND_VIOLATED_MS, BOUND_MB = 1.0, 2.5, 80.0


def main() -> int:
    """Measure, print, and fail where a bound does not hold."""
    with servers() as cluster, tempfile.TemporaryDirectory() as folder:
        holding = {n: checked(cluster, Path(folder), n, violated=False) for n in NUMBERS}
        violated = {n: checked(cluster, Path(folder), n, violated=True) for n in NUMBERS}
    for words, runs in (("hold", holding), ("are violated", violated)):
        for number, done in runs.items():
            print(f"{number:>5} {words:<12} {done.seconds:7.2f} s {done.peak / 1e6:5.0f} MB")
    cost, cost_violated = slope(holding), slope(violated)
    intercept = holding[NUMBERS[0]].seconds - NUMBERS[0] * cost / 1000
    peak = max(runs[NUMBERS[-1]].peak for runs in (holding, violated)) / 1e6
    print(f"bounds {BOUND_MS} ms, {BOUND_VIOLATED_MS} ms, {BOUND_MB:.0f} MB; peak {peak:.0f} MB")
    print(
        f"intercept_s={intercept:.2f} ms_per_invariant={cost:.2f}"
        f" ms_per_violated={cost_violated:.2f}"
    )
    kept = cost <= BOUND_MS and cost_violated <= BOUND_VIOLATED_MS and peak <= BOUND_MB
    return 0 if kept else 1


def slope(runs: dict[int, Finished]) -> float:
    """Milliseconds of each further invariant."""
    few, most = NUMBERS[0], NUMBERS[-1]
    return (runs[most].seconds - runs[few].seconds) / (most - few) * 1000


def checked(cluster: Cluster, folder: Path, number: int, *, violated: bool) -> Finished:
    """A whole process that checks so many; ends the benchmark where a count is wrong."""
    database = "violated" if violated else "sound"
    planted = {c.name: 3 * violated for c in studybuddy.CHECKS}
    if number == NUMBERS[0]:
        data.write(cluster, database, studybuddy.DEFINITION, ROWS, planted)
    peer = Trueup(folder / f"{database}{number}", tuple(islice(copies(), number)))
    done = peer.run(cluster.dsn("trueup_reader", "standby", database))
    found = peer.counts(done)
    if len(found) != number or any(count != 3 * violated for count in found.values()):
        sys.exit(f"counts are wrong: {found}\n{done.said[-4000:]}")
    return done


def copies() -> Iterator[Check]:
    """The checks again and again, each with a name and a condition of its own."""
    for place, check in enumerate(cycle(studybuddy.CHECKS)):
        yield replace(check, name=f"{check.name}_{place}", condition=_other(check, place))


def _other(check: Check, place: int) -> str:
    """The same in another text; a reference is one table's column, and can only be said again."""
    if check.kind == "reference":
        return check.condition
    if check.kind == "rule":
        return f"({check.condition}) and {place} = {place}"
    return f"select * from ({check.condition}) as violation where {place} = {place}"


if __name__ == "__main__":
    sys.exit(main())
