"""
Replace a Stripe key by a restricted one of the right mode; whoever made the other rolls it.

A key that was in a log, or in an environment that it was not for, is known to somebody.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 5
STEPS = True

GUIDE = """
replace the key in {variable}: it is {trouble}

In Stripe, of this environment's mode: Developers, API keys, create restricted key, with Read for
subscriptions, customers, events, webhook endpoints, prices, products, invoices, charges, payment
intents and checkout sessions, and None for the rest.

Set {variable} to it wherever Trueup runs, and roll the key that was there.

trueup check --env production -k key_matches
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One key each."""
    for key in violations:
        yield written(GUIDE, key)
