"""
Find out which requests fail, and since when.

A share of all requests says that something is wrong; one transaction that stands out says what.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 5
STEPS = True

GUIDE = """
find out why {percent} % of {number} {of} fail

In Sentry: Insights, Backend, the last 24 hours, by failure rate. One transaction that stands out is
the cause; many that rose together wait for the same thing: the database, a service outside.

See whether it began with a deployment: the release of its first failure. If it did, roll that back
first and look for the reason afterwards.

Mute nothing: what is muted is not counted here either.

trueup check --env production -k errors_stay_rare
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One rate each."""
    for rate in violations:
        yield written(GUIDE, rate)
