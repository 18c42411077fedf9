"""
Delete a user with all that is theirs, as the law lets them ask.

The account alone would leave nearly everything behind: profile, runs, events, usage and vibes name
it as text, and no foreign key takes them along. Whoever owns an organization of others hands it
over first, since it would go too, with all its members. The journal keeps the keys of what went,
and nothing else of it; the customer in Stripe is a step for a person.
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

OWNED = """
    select organization.id, organization.owner_id, count(*) as others
    from organizations as organization
    join organization_members as member
      on member.org_id = organization.id and member.user_id <> organization.owner_id
    where organization.owner_id = :user
    group by organization.id
    order by organization.id
"""

HAND_OVER = """
hand the organization {id} over before its owner {owner_id} is deleted

It goes with its owner, and {others} others are members of it.

Ask them who takes it: select user_id, role from organization_members where org_id = {id:literal};

Make that member its owner: update organizations set owner_id = '…' where id = {id:literal};
then plan `venture_companion.add_owner_membership`, and delete_user again.

select count(*) from organizations where owner_id = {owner_id:literal};  -- 0
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
    """What is theirs is declared in invariants/venture_companion/person.py, for the export too."""
    for row in rows:
        who = row["user_id"]
        owned = list(primary.rows(OWNED, user=who))
        if owned:
            yield from (written(HAND_OVER, organization) for organization in owned)
            continue
        yield from erased(person, primary, who, settings=settings, services=services, stripe=stripe)
