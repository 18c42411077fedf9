"""
Let an event that was never processed be processed: Stripe delivers its own once more.

What the tenants' tools sent nobody can send again from here; those are steps, and so is what Stripe
no longer keeps.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from trueup.library.fixes import replay_stripe_events
from trueup.library.steps import written
from trueup.library.webhooks import KEPT
from trueup.model.change import Change
from trueup.model.violation import Violation

if TYPE_CHECKING:
    from trueup.readers.stripe.reader import Stripe

AT_MOST = 500
UNDO = replay_stripe_events.UNDO

INBOUND = """
have event {id} of {source} processed ({type})

See what became of it: the platform's log around {created_at}, and
select processed, tenant_id from webhook_events where id = {id:literal};

If the tool can send it again, let the tenant do so, and then mark this one: update webhook_events
set processed = true where id = {id:literal} and processed is not true;

If it cannot, tell the tenant what was lost, and mark it likewise.

select processed from webhook_events where id = {id:literal};  -- t
"""

FORGOTTEN = """
have event {id} of Stripe processed ({type}), which Stripe no longer keeps

It is older than thirty days, so that it cannot be delivered again. Plan `aias.reconcile_billing`,
which compares the objects themselves.

Mark it: update webhook_events set processed = true
where id = {id:literal} and processed is not true;

select processed from webhook_events where id = {id:literal};  -- t
"""


def plan(
    violations: Sequence[Violation],
    services: Collection[str],
    settings: Mapping[str, Any],
    stripe: "Stripe | None",
    now: datetime,
) -> Iterator[Change]:
    """One event each."""
    for event in violations:
        created = event["created_at"]
        if event["source"] != "stripe" or event["event"] is None:
            yield written(INBOUND, event)
        elif isinstance(created, datetime) and created < now - timedelta(days=KEPT):
            yield written(FORGOTTEN, event)
        else:
            yield from replay_stripe_events.plan([event], services, settings, stripe)
