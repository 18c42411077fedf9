"""
Let Stripe deliver again the checkouts that failed to arrive and have granted nothing yet.

The webhook grants on every delivery, so one that was granted meanwhile, by hand or by a delivery of
which Stripe never heard, is left to a person. A delivery cannot be taken back.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from trueup.library.fixes import replay_stripe_events
from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

if TYPE_CHECKING:
    from trueup.readers.stripe.reader import Stripe

AT_MOST = 200
UNDO = "an event that was delivered again has been heard, and granted what it is about"

GRANTED = """
    select distinct stripe_session_id as session
    from entitlements
    where stripe_session_id = any(:sessions)
"""

LEAVE_IT = """
do not let Stripe deliver {event} again

It is about checkout session {session}, which has been granted; the webhook does not look, and would
grant it a second time.

In Stripe: Developers, Webhooks, the endpoint, the event. If it is still being retried, see whether
the webhook answers 200 by now; a further grant is then named by each_checkout_granted_once, and
ended by interviewlab.revoke_repeated_grant.

If it is not, nothing more will come: waive this violation until Stripe forgets the event, thirty
days after it was made.

select count(*) from entitlements where stripe_session_id = {session:literal};  -- 1
"""


def plan(
    violations: Sequence[Violation],
    primary: Reader,
    services: Collection[str],
    settings: Mapping[str, Any],
    stripe: "Stripe | None",
) -> Iterator[Change]:
    """One delivery each, as the library's own fix makes it."""
    about = _about(stripe, settings)
    wanted = [about.get(str(event["event"]), "") for event in violations]
    granted = {row["session"] for row in primary.rows(GRANTED, sessions=wanted)}
    for event in violations:
        session = about.get(str(event["event"]), "")
        if session in granted:
            yield written(LEAVE_IT, {**event, "session": session})
        else:
            yield from replay_stripe_events.plan([event], services, settings, stripe)


def _about(stripe: "Stripe | None", settings: Mapping[str, Any]) -> dict[str, str]:
    """The session that each event of a handled type is about, of those that Stripe still lists."""
    if stripe is None:
        return {}
    events = stripe.undelivered(settings["stripe"]["handled"], 30.0)
    return {one["id"]: str(one["data"]["object"]["id"]) for one in events}
