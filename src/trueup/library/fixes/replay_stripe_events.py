"""
Let Stripe deliver events again, to the one endpoint that the settings name.

Where a handler takes a recorded event for a double, that changes nothing: sync the objects instead.
A delivery cannot be taken back.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from trueup.library.steps import written
from trueup.model.change import Call, Change
from trueup.model.violation import Violation

if TYPE_CHECKING:
    from trueup.readers.stripe.reader import Stripe

AT_MOST = 500
UNDO = "an event that was delivered again has been heard"
SERVICE = "stripe"

GUIDE = """
let Stripe deliver {event} again ({type})

In Stripe: Developers, Webhooks, the endpoint, the event, Resend. Or name a service "stripe" in
trueup.toml, with a key that may write events, and plan this again.

trueup check --env production -k event
"""


def plan(
    violations: Iterable[Violation],
    services: Collection[str],
    settings: Mapping[str, Any],
    stripe: "Stripe | None",
) -> Iterator[Change]:
    """One delivery each."""
    url = settings.get("stripe", {}).get("webhook")
    found = [one["id"] for one in stripe.webhook_endpoints() if one["url"] == url] if stripe else []
    for event in violations:
        if SERVICE in services and len(found) == 1:
            path = f"/v1/events/{event['event']}/retry"
            yield Call(SERVICE, "POST", path, {"webhook_endpoint": found[0]})
        else:
            yield written(GUIDE, event)
