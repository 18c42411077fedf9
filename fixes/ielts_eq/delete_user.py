"""
Delete a user with all that is theirs, as the law lets them ask.

Subscriptions, events and attempts to sign in go too, which the database would not let go of by
itself, and so do tokens that only have the e-mail, however it is spelt. Posts come under the name
of the editor of the settings. Recordings go through S3 where the environment names it as a service;
else they are steps for a person, as what Stripe knows always is. The journal keeps the keys of what
went, and nothing else of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict

from trueup import Delete
from trueup.library.erasure import erased
from trueup.library.person import Person
from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

if TYPE_CHECKING:
    from trueup.readers.storage.reader import Storage
    from trueup.readers.stripe.reader import Stripe

AT_MOST = 5000
UNDO = "a deletion for privacy keeps nothing that could be put back"

ELSEWHERE = """
delete what is kept elsewhere of user {user_id}

In Stripe, search customers and payments for metadata['userId']:'{user_id}', and delete the
customer. Checkout sessions cannot be deleted; what they say of somebody goes with the customer.

Resend keeps what was sent to them, and Sentry their id, for as long as is set there.

select count(*) from "User" where id = {user_id:literal};  -- 0
"""


class Row(TypedDict):
    """Who is deleted."""

    user_id: str


def plan(
    rows: Sequence[Violation],
    primary: Reader,
    *,
    person: Person,
    settings: Mapping[str, object],
    services: frozenset[str],
    stripe: "Stripe | None",
    storage: "Storage | None",
) -> Iterator[Change]:
    """What is theirs is declared in invariants/ielts_eq/person.py, for the export as well."""
    for row in rows:
        changes = list(
            erased(
                person,
                primary,
                row["user_id"],
                settings=settings,
                services=services,
                stripe=stripe,
                storage=storage,
            )
        )
        yield from changes
        if any(isinstance(change, Delete) for change in changes):
            yield written(ELSEWHERE, row)
