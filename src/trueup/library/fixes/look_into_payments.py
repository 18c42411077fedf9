"""
Find out why fewer payments, or fewer deliveries, succeed than should.

A card that is refused is the customer's bank; many in one hour are not.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 5
STEPS = True

GUIDE = """
find out what is wrong with {what}

In Stripe: Payments by status, and Developers, Logs, for the last day. Group the refusals by their
code: one code that stands out is a cause, many different ones are customers.

Developers, Webhooks: the endpoint's error rate, and what it answered last.

Compare with the application's log at the time of the first failure, and with what was deployed.

trueup check --env production -k succeed
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One rate each."""
    for rate in violations:
        share = (
            f": {rate['percent']} % of {rate['number']}"
            if "percent" in rate
            else ": there are none"
        )
        yield written(GUIDE, {"what": f"{rate['of']}{share}"})
