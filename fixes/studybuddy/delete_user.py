"""
Delete a user with all that is theirs, as the law lets them ask.

What no foreign key guards (AI jobs, course files) goes too. Overrides that they granted to others
are put under the name of the admin of the settings, since the database would refuse otherwise. Of
Stripe's events about them the ids stay, so that none is handled twice, and what they said goes. The
journal keeps the keys of what went, and nothing else of it; files in the storage, where no service
deletes them, and the customer in Stripe are steps for a person.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict
from uuid import UUID

from trueup.library.erasure import erased
from trueup.library.person import Person
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

if TYPE_CHECKING:
    from trueup.readers.stripe.reader import Stripe

AT_MOST = 2000
UNDO = "a deletion for privacy keeps nothing that could be put back"


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
    """What is theirs is declared in invariants/studybuddy/person.py, for the export as well."""
    for row in rows:
        who = row["user_id"]
        yield from erased(person, primary, who, settings=settings, services=services, stripe=stripe)
