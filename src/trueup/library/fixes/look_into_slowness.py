"""
Find out why a service answers slowly.

A first request after a quiet while may wait for the platform to wake it; a percentile sees that.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 50
STEPS = True

GUIDE = """
make {url} answer within {allowed} s: {percentile} percent take up to {seconds} s

Ask it twice in a row: where only the first is slow, the platform put it to sleep.

See whether its database waits: trueup check -k query, and -k session.

See what it does that it did not do last week: the deployment, the data, the traffic.

trueup check --env production -k fast
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One address each."""
    for slow in violations:
        yield written(GUIDE, slow)
