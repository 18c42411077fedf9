"""
Find out who added credits by hand, and why, and write it into the event.

The runbook's statement for credits and the one that logs them are two: whoever forgot half of the
second has to be found.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 50
STEPS = True

GUIDE = """
explain the credits of event {id}, of user {userId}: it does not say {lacks}

See what it says, and when: select metadata, "createdAt" from "AnalyticsEvent"
where id = {id:literal};

See who was at work then: trueup journal show --env production --system ielts_eq, the history of
Neon's SQL editor, and the tickets of that day.

Write it into the event: update "AnalyticsEvent" set metadata = coalesce(metadata, '{{}}')
|| '{{"admin": "…", "reason": "…", "credits": …}}' where id = {id:literal};

If nobody stands by it, take them back: trueup plan ielts_eq.take_back_credits --env production
--reason "…" user_id={userId} credits=… reason="nobody granted them" admin=…

select metadata from "AnalyticsEvent" where id = {id:literal};
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One event each."""
    for event in violations:
        said = {
            "who": event["says_who"],
            "why": event["says_why"],
            "how many": event["says_how_many"],
        }
        lacks = ", ".join(what for what, is_said in said.items() if not is_said)
        yield written(GUIDE, {**event, "lacks": lacks})
