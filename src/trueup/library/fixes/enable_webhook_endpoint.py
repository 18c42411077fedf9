"""
Enable the webhook endpoint again; one that lacks types, or is not there, is for a person.

Stripe disables one that fails for days: see that the application answers before it is enabled.
"""

from collections.abc import Collection, Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Call, Change
from trueup.model.violation import Violation

AT_MOST = 5
SERVICE = "stripe"

GUIDE = """
mend the webhook endpoint for {url}: it {trouble}

In Stripe: Developers, Webhooks. Add the endpoint where there is none, and subscribe it to every
type that the settings list under stripe.handled.

Where it is disabled, see first that the application answers there, then enable it.

trueup check --env production -k webhook_endpoint
"""


def plan(violations: Iterable[Violation], services: Collection[str]) -> Iterator[Change]:
    """One endpoint each; only what is disabled can be mended by a program."""
    for endpoint in violations:
        if endpoint["trouble"] == "is disabled" and SERVICE in services:
            yield _switched(endpoint, disabled=False)
        else:
            yield written(GUIDE, endpoint)


def _switched(endpoint: Violation, *, disabled: bool) -> Call:
    path = f"/v1/webhook_endpoints/{endpoint['endpoint']}"
    back = None if disabled else _switched(endpoint, disabled=True)
    return Call(SERVICE, "POST", path, {"disabled": disabled}, undo=back)
