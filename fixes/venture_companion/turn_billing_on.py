"""
Turn billing on again, unless somebody turned it off on purpose.

The backend turns it off by itself where it starts without its Stripe key, and says 503.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 10
STEPS = True

GUIDE = """
turn billing on again: {path} says {status}

Ask whether somebody turned it off on purpose, as one does while Stripe or the webhook is in
trouble. If so, this stays until they are done: waive it.

See that STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET are set where the backend runs, and that the
last deployment did not lose them. Set what is missing, and restart the backend.

What Stripe told meanwhile was refused: it tries again for three days. Then see what was missed:
trueup check venture_companion --env production -k "mirrored or webhook"

trueup check venture_companion --env production -k billing_routes
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One path each."""
    for path in violations:
        yield written(GUIDE, path)
