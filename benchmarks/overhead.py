"""
What an invariant costs Trueup: milliseconds one that holds and one that is violated, and to start.

Whole processes of `trueup check`, guard, page and run.json included, with 20, 200 and 1,000
invariants, all of which hold or all of which are violated by a few rows. The slope from the fewest
to the most is the cost of an invariant, the database's own time for so small tables included; the
rest is start-up. Each but a reference asks another SQL, so that no cache of texts answers it. All
six run in random order, round by round (`--rounds`), and a time is the median of its rounds.
"""

import argparse
import random
import sys
import tempfile
from collections.abc import Iterator, Mapping
from itertools import cycle, islice
from pathlib import Path
from statistics import median

from msgspec import Struct
from msgspec.structs import replace

from comparison import bound, data, process, studybuddy
from comparison.bound import Bound
from comparison.definition import Check
from comparison.peer import Trueup
from comparison.process import Finished
from comparison.servers import servers
from trueup.sample import Cluster

NUMBERS = (20, 200, 1000)
ROWS = 10_000
BOUND_MS, BOUND_VIOLATED_MS, BOUND_MB = 1.0, 2.5, 80.0
BROKEN_BY = {"sound": 0, "violated": 3}
"""How many rows break each check, by the name of the database."""


class Size(Struct, frozen=True):
    """So many invariants of one of the databases."""

    database: str
    number: int


Rounds = Mapping[Size, list[Finished]]


def main() -> int:
    """Measure, print, and fail where a bound does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    said = parser.parse_args()
    with servers() as cluster, tempfile.TemporaryDirectory() as folder:
        peers = {size: prepared(size, Path(folder)) for size in sizes()}
        for database, rows in BROKEN_BY.items():
            planted = dict.fromkeys((check.name for check in studybuddy.CHECKS), rows)
            data.write(cluster, database, studybuddy.DEFINITION, ROWS, planted)
        weights = weighed(cluster, peers)
        rounds = measured(cluster, peers, said.rounds)
    return judged(rounds, weights)


def sizes() -> Iterator[Size]:
    """All that are measured."""
    for database in BROKEN_BY:
        for number in NUMBERS:
            yield Size(database, number)


def prepared(size: Size, folder: Path) -> Trueup:
    """Write the project of that size."""
    return Trueup(folder / f"{size.database}{size.number}", tuple(islice(copies(), size.number)))


def measured(cluster: Cluster, peers: Mapping[Size, Trueup], rounds: int) -> Rounds:
    """What each size came to in each round."""
    order = random.Random()  # noqa: S311  # an order, no secret
    found: dict[Size, list[Finished]] = {size: [] for size in peers}
    for _ in range(rounds):
        for size in order.sample(list(peers), len(peers)):
            found[size].append(checked(cluster, peers[size], size))
    return found


def weighed(cluster: Cluster, peers: Mapping[Size, Trueup]) -> Mapping[Size, int]:
    """The most memory, in bytes, that each size takes, in a run whose time says nothing."""
    with process.weighed():
        return {size: checked(cluster, peer, size).peak for size, peer in peers.items()}


def checked(cluster: Cluster, peer: Trueup, size: Size) -> Finished:
    """A whole process; ends the benchmark where a count is wrong."""
    done = peer.run(cluster.dsn(peer.role, peer.server, size.database))
    found, right = peer.counts(done), BROKEN_BY[size.database]
    if len(found) != size.number or any(count != right for count in found.values()):
        sys.exit(f"counts are wrong: {found}\n{done.said[-4000:]}")
    return done


def judged(rounds: Rounds, weights: Mapping[Size, int]) -> int:
    """Print the table and the line; 1 where a bound does not hold."""
    seconds = {size: median(done.seconds for done in runs) for size, runs in rounds.items()}
    peaks = {size: weight / 1e6 for size, weight in weights.items()}
    for size in rounds:
        print(f"{size.number:>5} {size.database:<12} {seconds[size]:7.2f} s {peaks[size]:5.0f} MB")
    cost, violated = slope(seconds, "sound"), slope(seconds, "violated")
    bounds = [
        Bound("ms an invariant", cost, BOUND_MS),
        Bound("ms a violated one", violated, BOUND_VIOLATED_MS),
        Bound("peak MB", max(peaks.values()), BOUND_MB),
    ]
    kept = bound.judged(bounds)
    start = seconds[Size("sound", NUMBERS[0])] - NUMBERS[0] * cost / 1000
    print(f"intercept_s={start:.2f} ms_per_invariant={cost:.2f} ms_per_violated={violated:.2f}")
    return 0 if kept else 1


def slope(seconds: Mapping[Size, float], database: str) -> float:
    """Milliseconds of each further invariant."""
    few, most = NUMBERS[0], NUMBERS[-1]
    return (seconds[Size(database, most)] - seconds[Size(database, few)]) / (most - few) * 1000


def copies() -> Iterator[Check]:
    """The checks again and again, each with a name and a condition of its own."""
    for place, check in enumerate(cycle(studybuddy.CHECKS)):
        yield replace(check, name=f"{check.name}_{place}", condition=_other(check, place))


def _other(check: Check, place: int) -> str:
    """The same in another text; a reference is one table's column, and can only be said again."""
    if check.kind == "reference":
        return check.condition
    if check.kind in {"rule", "joined"}:
        return f"({check.condition}) and {place} = {place}"
    return f"select * from ({check.condition}) as violation where {place} = {place}"


if __name__ == "__main__":
    sys.exit(main())
