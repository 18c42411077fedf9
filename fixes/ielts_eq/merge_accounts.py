"""
Bring the accounts of one person together, and let one of them go.

Which is meant to stay, and whether it is one person at all, only they can say.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 50
STEPS = True

GUIDE = """
bring {accounts} accounts with one e-mail together: {ids}

See which is in use, and what hangs on each: select u.id, u."createdAt", u."lastActiveAt",
(select count(*) from "TestSession" where "userId" = u.id) as tests,
(select count(*) from "Subscription" where "userId" = u.id) as subscriptions
from "User" as u where u.id = any(string_to_array({ids:literal}, ', '));

Ask the person, at that address, which of them is to stay.

Move what they want to keep by its "userId", table by table, in one transaction: "TestSession",
"Subscription", "AnalyticsEvent", "Account"; where the schema has credits, add them up.

Delete the other: trueup plan ielts_eq.delete_user --env production --reason "…" user_id=…

So that it does not come back, write e-mails in small letters when somebody signs up.

select count(*) from "User" where id = any(string_to_array({ids:literal}, ', '));  -- 1
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One person each."""
    for person in violations:
        yield written(GUIDE, person)
