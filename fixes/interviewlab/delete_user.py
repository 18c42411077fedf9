"""
Delete a user with all that is theirs, as the law lets them ask.

Their sessions, answers, reports and entitlements hang on the account and go with it. Their files do
not: those are deleted through the Storage API, which is the only way, or are steps where no service
is named. What Stripe has of their payments is a step. The journal keeps the keys of what went, and
nothing else of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict
from uuid import UUID

from trueup.library.erasure import erased
from trueup.library.person import Person
from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

if TYPE_CHECKING:
    from trueup.readers.stripe.reader import Stripe

AT_MOST = 2000
UNDO = "a deletion for privacy keeps nothing that could be put back"

PAID = """
    select stripe_session_id as session
    from entitlements
    where user_id = :user and stripe_session_id is not null
    order by stripe_session_id
"""

IN_STRIPE = """
delete what Stripe has of user {user_id}

They paid in {sessions}. In Stripe's dashboard search for each, open its customer, and delete the
customer; where there is none, ask Stripe to redact the payment's data (Settings, Privacy). What the
tax office wants kept may be kept.

If one of them is younger than thirty days, every_paid_checkout_granted_its_interviews will say that
it granted nothing: write a waiver for it, or refund it.

select count(*) from auth.users where id = {user_id:literal};  -- 0
"""


class Row(TypedDict):
    """Who is deleted."""

    user_id: UUID


def plan(
    rows: Sequence[Violation],
    primary: Reader,
    *,
    person: Person,
    settings: Mapping[str, object],
    services: frozenset[str],
    stripe: "Stripe | None",
) -> Iterator[Change]:
    """What is theirs is declared in invariants/interviewlab/person.py, for the export as well."""
    for row in rows:
        who = row["user_id"]
        paid = [str(one["session"]) for one in primary.rows(PAID, user=who)]
        yield from erased(person, primary, who, settings=settings, services=services, stripe=stripe)
        if paid:
            yield written(IN_STRIPE, {**row, "sessions": ", ".join(paid)})
