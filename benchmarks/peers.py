"""
The same twenty invariants, asked by Trueup and by its peers: whole processes, interleaved.

Each is generated from one definition and first has to find exactly what was planted. Then all are
run in random order, round by round; a ratio is to the psql of the same round, which counts one
question after the other.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from time import perf_counter

from comparison import bound, data, environment
from comparison.bound import Bound
from comparison.data import Planted
from comparison.dbt import Dbt
from comparison.definition import Definition
from comparison.gx import Gx
from comparison.peer import NaivePytest, Peer, Psql, Pytest, SoundTrueup, Trueup
from comparison.pgtap import Pgtap
from comparison.schemas import SCHEMAS
from comparison.servers import servers
from comparison.soda import Soda
from comparison.way import Rounds, Way, measured, ratio, seen, way
from trueup.sample import Cluster

PEERS: tuple[type[Peer], ...] = (Psql, Trueup, Pytest, NaivePytest, Soda, Gx, Dbt, Pgtap)
FLOOR = Psql.name
MILLION_MB = 120
HALF_VIOLATED = 1.2
TURNS = 2.0


def main() -> int:
    """Measure, print, and fail where a bound does not hold."""
    said = arguments()
    if said.install:
        return installed(said.install)
    definition = SCHEMAS[said.schema]
    Trueup.connections, Psql.from_path = said.connections, said.tls
    with ExitStack() as stack:
        cluster = stack.enter_context(servers(tls=said.tls))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        planted = written(cluster, definition, said)
        ways = [
            stack.enter_context(way(cluster, peer, rtt=said.rtt / 1000, encrypted=said.tls))
            for peer in (kind(folder, definition.checks) for kind in said.kinds)
        ]
        turns = {one.peer.name: seen(one, planted, definition.checks) for one in ways}
        rounds = measured(ways, said.rounds)
    told(ways, rounds)
    name = Trueup.name
    [peak] = [one.peer.peak for one in ways if one.peer.name == name]
    kept = bound.judged(bounds(said, rounds, turns[name], peak))
    print(f"rows={said.rows} ratio={ratio(rounds, name, FLOOR):.2f}")
    return 0 if kept else 1


def arguments() -> argparse.Namespace:
    """What was asked for; `kinds` are the peers that are measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000, choices=(10_000, 10**6, 10**7))
    parser.add_argument("--only", type=lambda names: names.split(","), metavar="PEER,…")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rtt", type=float, default=0.0, metavar="MS")
    parser.add_argument("--connections", type=int, default=2)
    parser.add_argument("--violated", default="some", choices=("none", "some", "half", "million"))
    parser.add_argument("--schema", default="studybuddy", choices=tuple(SCHEMAS))
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--install", type=lambda names: names.split(","), metavar="PEER,…")
    said = parser.parse_args()
    if said.install:
        return installable(parser, said)
    said.kinds = chosen(parser, said.only)
    if said.violated == "half":
        said.kinds.append(SoundTrueup)
    return said


def installable(parser: argparse.ArgumentParser, said: argparse.Namespace) -> argparse.Namespace:
    """Refuse what has no environment of its own."""
    known = environment.names()
    unknown = set(said.install) - set(known)
    if unknown:
        parser.error(f"cannot install {', '.join(sorted(unknown))}; name {' or '.join(known)}")
    return said


def installed(names: Sequence[str]) -> int:
    """Make the environments that were asked for."""
    for name in names:
        environment.install(name)
    return 0


def chosen(parser: argparse.ArgumentParser, only: Sequence[str] | None) -> list[type[Peer]]:
    """Those that were asked for, or all that are installed; psql and trueup are always there."""
    unknown = set(only or ()) - {peer.name for peer in PEERS}
    if unknown:
        parser.error(f"no such peer: {', '.join(sorted(unknown))}")
    wanted = {*(only or (peer.name for peer in PEERS)), FLOOR, Trueup.name}
    found = [peer for peer in PEERS if peer.name in wanted]
    missing = {peer.name: how for peer in found if (how := peer.missing())}
    if missing and only:
        parser.error("; ".join(f"{name} is not installed: {how}" for name, how in missing.items()))
    if missing:
        print("not installed: " + "; ".join(f"{name} ({how})" for name, how in missing.items()))
    return [peer for peer in found if peer.name not in missing]


def written(
    cluster: Cluster, definition: Definition, said: argparse.Namespace
) -> Mapping[str, Planted]:
    """Write the databases that the peers ask; what was planted in each."""
    how = {"bench": said.violated, "sound": "none"}
    planted = {}
    for name in sorted({kind.database for kind in said.kinds}):
        started = perf_counter()
        planted[name] = data.planned(definition, how[name])
        known = data.write(cluster, name, definition, said.rows, planted[name])
        data.warm(cluster, name, definition)
        print(
            f"{name}: {sum(known.values()):,} rows in {len(known)} tables,"
            f" {perf_counter() - started:.0f} s to write"
        )
    return planted


def told(ways: Sequence[Way], rounds: Rounds) -> None:
    """Print the table, and below it what somebody has to know who compares."""
    peaks = {one.peer.name: one.peer.peak for one in ways}
    print(f"{'peer':<12} {'seconds':>8} {'ratio':>7} {'peak MB':>8}")
    for name, runs in rounds.items():
        seconds, peak = median(done.seconds for done in runs), peaks[name]
        print(f"{name:<12} {seconds:>8.3f} {ratio(rounds, name, FLOOR):>7.2f} {peak / 1e6:>8.0f}")
    for one in ways:
        if one.peer.note:
            print(f"{one.peer.name}: {one.peer.note}")


def bounds(said: argparse.Namespace, rounds: Rounds, turns: float, peak: int) -> list[Bound]:
    """All that Trueup is held to with these arguments; `peak` is in bytes."""
    name = Trueup.name
    found = []
    if said.violated != "half":  # which is compared with the sound database instead
        found.append(Bound("ratio to psql", ratio(rounds, name, FLOOR), limit(said)))
    if said.rows == 10_000:  # of large tables each has a transaction, which costs them nothing
        found.append(Bound("round trips an invariant", turns, TURNS))
    if said.violated == "half":
        worse = ratio(rounds, name, SoundTrueup.name)
        found.append(Bound("ratio to the sound database", worse, HALF_VIOLATED))
    if said.violated == "million":
        found.append(Bound("peak MB", peak / 1e6, MILLION_MB))
    return found


def limit(said: argparse.Namespace) -> float:
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
