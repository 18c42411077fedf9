"""A peer and its server: what it finds there, how often it waits, and how long it takes."""

import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from statistics import median

from msgspec import Struct

from comparison import process, tls
from comparison.data import Planted
from comparison.definition import Check
from comparison.peer import Peer
from comparison.process import Finished
from comparison.proxy import Counted, between
from trueup.sample import Cluster

Rounds = Mapping[str, Sequence[Finished]]
"""What each peer came to, round by round."""


class Way(Struct, frozen=True):
    """A peer and its server: the URL that is measured, and one through which turns are counted."""

    peer: Peer
    measured: str
    through: str
    counted: Counted


@contextmanager
def way(cluster: Cluster, peer: Peer, *, rtt: float, encrypted: bool) -> Iterator[Way]:
    """Lead a peer to its server; it is measured through the proxy only where that adds `rtt`."""
    url = cluster.dsn(peer.role, peer.server, peer.database)
    if encrypted:
        url = tls.required(url)
    with between(url, rtt) as (through, counted):
        yield Way(peer, through if rtt else url, through, counted)


def seen(one: Way, planted: Mapping[str, Planted], checks: Sequence[Check]) -> float:
    """Round trips an invariant; the benchmark ends where it does not find what was planted."""
    peer, counted = one.peer, one.counted
    peer.settle(one.measured)
    counted.clear()
    with process.weighed():
        done = peer.run(one.through)
    checked(peer, done, planted[peer.database])
    peer.peak = done.peak
    turns = counted.turns / len(checks)
    print(
        f"{peer.name}: counts are right; {counted.connections} connections,"
        f" {counted.turns} round trips, {turns:.1f} an invariant"
    )
    return turns


def checked(peer: Peer, done: Finished, planted: Planted) -> None:
    """End the benchmark where a count is wrong, or a silent peer fails where all holds."""
    counts, unsaid = peer.counts(done), 0 if peer.silent else None
    wrong = {
        name: (counts.get(name, unsaid), right)
        for name, right in planted.items()
        if counts.get(name, unsaid) not in {right, min(right, peer.most or right)}
    }
    if wrong or (done.code != 0 and not any(planted.values())):
        sys.exit(
            f"{peer.name} counts wrong (found, planted): {wrong}; it ended with {done.code}\n"
            f"{done.said[-4000:]}"
        )


def measured(ways: Sequence[Way], rounds: int) -> Rounds:
    """What each came to in each round."""
    order = random.Random()  # noqa: S311  # an order, no secret
    found: dict[str, list[Finished]] = {one.peer.name: [] for one in ways}
    for _ in range(rounds):
        for one in order.sample(ways, len(ways)):
            found[one.peer.name].append(one.peer.run(one.measured))
    return found


def ratio(rounds: Rounds, name: str, floor: str) -> float:
    """Give the median ratio of one peer's time to another's of the same round."""
    pairs = zip(rounds[name], rounds[floor], strict=True)
    return median(done.seconds / least.seconds for done, least in pairs)
