"""
Delete a user with all that is theirs, as the law lets them ask.

Their own runs go: with the name taken out of them, the whole tenant would see what they alone
could. Workflows stay their tenant's, without an owner, and so do memberships of those whom they
invited. The events that Stripe told of them go. The only admin of a tenant is not deleted before
another is named; the customer in Stripe, and files where no service deletes them, are steps for a
person.
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

ADMIN_ALONE = """
    select mine.tenant_id, mine.user_id
    from tenant_members as mine
    join tenants on tenants.id = mine.tenant_id
    where mine.user_id = :user and mine.role = 'admin' and mine.status = 'active'
      and tenants.status is distinct from 'cancelled'
      and not exists (
          select from tenant_members as other
          where other.tenant_id = mine.tenant_id and other.user_id <> mine.user_id
            and other.role = 'admin' and other.status = 'active'
      )
    order by mine.tenant_id
"""

ANOTHER = """
name another admin of tenant {tenant_id} before user {user_id} is deleted

They are its only one, and without one nobody can invite, pay or let anybody go.

Ask them, or the members, who it is to be: update tenant_members set role = 'admin'
where tenant_id = {tenant_id:literal} and user_id = '…' and status = 'active';

If the tenant ends with them: update tenants set status = 'cancelled'
where id = {tenant_id:literal};

Plan `aias.delete_user` again.

select count(*) from tenant_members where tenant_id = {tenant_id:literal}
and role = 'admin' and status = 'active';  -- 2
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
    """What is theirs is declared in invariants/aias/person.py, for the export as well."""
    for row in rows:
        who = row["user_id"]
        alone = list(primary.rows(ADMIN_ALONE, user=who))
        for tenant in alone:
            yield written(ANOTHER, tenant)
        if not alone:
            yield from erased(
                person, primary, who, settings=settings, services=services, stripe=stripe
            )
