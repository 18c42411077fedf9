"""
The same twenty invariants, asked by Trueup and by its peers: whole processes, interleaved.

Each is generated from one definition and first has to find exactly what was planted. Then all are
run in random order, round by round; a ratio is to the psql of the same round, which counts one
question after the other.
"""

import argparse
import random
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

from comparison import data, interviewlab, studybuddy, unshared
from comparison.definition import Definition
from comparison.peer import NaivePytest, Peer, Psql, Pytest, Trueup
from comparison.process import Finished
from comparison.proxy import between
from comparison.servers import servers
from trueup.sample import Cluster

SCHEMAS: Mapping[str, Definition] = {
    "studybuddy": studybuddy.DEFINITION,
    "interviewlab": interviewlab.DEFINITION,
    "unshared": unshared.DEFINITION,
}
PEERS: tuple[type[Peer], ...] = (Psql, Trueup, Pytest, NaivePytest)
FLOOR = Psql.name
ROLE = "trueup_reader"
MILLION_MB = 120


def main() -> int:
    """Measure, print, and fail where the bound does not hold."""
    said = arguments()
    definition = SCHEMAS[said.schema]
    planted = data.planned(definition, said.violated)
    Trueup.connections = said.connections
    with servers() as cluster, tempfile.TemporaryDirectory() as folder:
        started = perf_counter()
        known = data.write(cluster, "bench", definition, said.rows, planted)
        data.warm(cluster, "bench", definition)
        print(
            f"{sum(known.values()):,} rows in {len(known)} tables,"
            f" {perf_counter() - started:.0f} s to write"
        )
        peers = [peer(Path(folder), definition.checks) for peer in chosen(said.only)]
        with between(url(cluster), said.rtt / 1000) as (through, counted):
            for peer in peers:
                counted.clear()
                seen(peer, through, planted)
                print(
                    f"{peer.name}: counts are right; {counted.connections} connections,"
                    f" {counted.turns} round trips,"
                    f" {counted.turns / len(definition.checks):.1f} an invariant"
                )
            rounds = measured(peers, through if said.rtt else url(cluster), said.rounds)
    return judged(said, rounds)


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000, choices=(10_000, 10**6, 10**7))
    parser.add_argument("--only", type=lambda names: names.split(","))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rtt", type=float, default=0.0, metavar="MS")
    parser.add_argument("--connections", type=int, default=2)
    parser.add_argument("--violated", default="some", choices=("none", "some", "half", "million"))
    parser.add_argument("--schema", default="studybuddy", choices=tuple(SCHEMAS))
    return parser.parse_args()


def chosen(only: Sequence[str] | None) -> list[type[Peer]]:
    """Those that were asked for; psql and trueup are always among them."""
    unknown = set(only or ()) - {peer.name for peer in PEERS}
    if unknown:
        sys.exit(f"no such peer: {', '.join(sorted(unknown))}")
    wanted = {*(only or (peer.name for peer in PEERS)), FLOOR, Trueup.name}
    return [peer for peer in PEERS if peer.name in wanted]


def url(cluster: Cluster) -> str:
    """Where all of them read."""
    return cluster.dsn(ROLE, "standby", "bench")


def seen(peer: Peer, where: str, planted: Mapping[str, int]) -> None:
    """End the benchmark where a peer does not find exactly what was planted."""
    done = peer.run(where)
    found = peer.counts(done)
    wrong = {
        name: (found.get(name, 0), right)
        for name, right in planted.items()
        if found.get(name, 0) not in {right, min(right, peer.most or right)}
    }
    if wrong or (not found and any(planted.values())):
        sys.exit(f"{peer.name} counts wrong (found, planted): {wrong}\n{done.said[-4000:]}")


def measured(peers: Sequence[Peer], where: str, rounds: int) -> dict[str, list[Finished]]:
    """What each came to in each round."""
    order = random.Random()  # noqa: S311  # an order, no secret
    found: dict[str, list[Finished]] = {peer.name: [] for peer in peers}
    for _ in range(rounds):
        for peer in order.sample(peers, len(peers)):
            found[peer.name].append(peer.run(where))
    return found


def judged(said: argparse.Namespace, rounds: Mapping[str, Sequence[Finished]]) -> int:
    """Print the table and the line; 1 where the bound does not hold."""
    floor = [done.seconds for done in rounds[FLOOR]]
    ratios = {}
    print(f"{'peer':<12} {'seconds':>8} {'ratio':>7} {'peak MB':>8}")
    for name, runs in rounds.items():
        ratios[name] = median(done.seconds / least for done, least in zip(runs, floor, strict=True))
        seconds, peak = median(done.seconds for done in runs), max(done.peak for done in runs)
        print(f"{name:<12} {seconds:>8.3f} {ratios[name]:>7.2f} {peak / 1e6:>8.0f}")
    limit = bound(said)
    print(f"bound: {limit} of psql")
    peaks = [done.peak for done in rounds[Trueup.name]]
    kept = ratios[Trueup.name] <= limit
    if said.violated == "million":
        print(f"bound: {MILLION_MB} MB; peak {max(peaks) / 1e6:.0f} MB")
        kept = kept and max(peaks) <= MILLION_MB * 1e6
    print(f"rows={said.rows} ratio={ratios[Trueup.name]:.2f}")
    return 0 if kept else 1


def bound(said: argparse.Namespace) -> float:
    """What Trueup may take of psql's time with these arguments."""
    if said.rtt:
        return 0.7
    if said.rows == 10_000:
        return 9.0
    if said.connections == 1:
        return 1.1
    if said.schema == "unshared":
        return 1.2 if said.rows == 10**6 else 1.05
    return 0.9 if said.rows == 10**6 else 0.7


if __name__ == "__main__":
    sys.exit(main())
