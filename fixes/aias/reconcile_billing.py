"""
Let the platform reconcile its billing with Stripe: subscriptions, and the tiers that follow them.

It is one request to the platform's own endpoint, for everybody at once; what it changed is the
platform's to say, and is seen by asking the invariants again. The endpoint of January 2025 asks for
columns that the database does not have: where it answers 500, mend that first.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Literal, TypedDict

from trueup import Call
from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 500
UNDO = "what the platform reconciled is what Stripe says; there is nothing to go back to"
SERVICE = "platform"

GUIDE = """
let the platform reconcile its billing with Stripe

curl -X POST https://aiautomatedsystems.ca/api/billing/reconcile -H "Authorization: Bearer …", with
the token of one of its admins. Or name a service "platform" in trueup.toml, of kind http, and plan
this again.

Where it answers 500: it asks for columns that the database does not have, such as currentPeriodEnd.
That is mended in its code.

trueup check aias --env production -k "subscription or tier"
"""


class Row(TypedDict):
    """Whose billing is reconciled: the endpoint knows no less than everybody's."""

    scope: Literal["everybody"]


def plan(violations: Sequence[Violation], services: Collection[str]) -> Iterator[Change]:
    """The same one request, whatever was violated."""
    for violation in violations:
        if SERVICE in services:
            yield Call(SERVICE, "POST", "/api/billing/reconcile")
        else:
            yield written(GUIDE, violation)
