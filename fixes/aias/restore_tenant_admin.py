"""
Make somebody who certainly was one the admin of a tenant that has none.

That is whoever invited the others, since only an admin can, or the only active member there is. Who
merely pays is not believed: members can write their own subscription. Where that leaves nobody, or
two, a person decides.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from trueup import Update
from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.invariant import Row
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 100

MEMBERS = """
    select member.id, member.tenant_id, member.role, member.status,
           exists (
               select from tenant_members as other
               where other.tenant_id = member.tenant_id and other.invited_by = member.user_id
                 and other.user_id <> member.user_id
           ) as has_invited
    from tenant_members as member
    where member.tenant_id = any(:tenants) and member.status = 'active'
    order by member.id
"""

GUIDE = """
find out who answers for tenant {id}: {members} active members, and no admin

See who they are and since when: select user_id, role, status, joined_at, invited_by
from tenant_members where tenant_id = {id:literal} order by joined_at;

Ask whoever pays, by the customer's own e-mail in Stripe, and never by one that somebody writes
from: select stripe_customer_id from subscriptions where tenant_id = {id:literal};

Make whom they name the admin: update tenant_members set role = 'admin', status = 'active'
where tenant_id = {id:literal} and user_id = '…';

If nobody is left: update tenants set status = 'cancelled' where id = {id:literal};

select count(*) from tenant_members
where tenant_id = {id:literal} and role = 'admin' and status = 'active';  -- 1
"""


def plan(violations: Sequence[Violation], primary: Reader) -> Iterator[Change]:
    """One tenant each."""
    members: dict[object, list[Row]] = defaultdict(list)
    for member in primary.rows(MEMBERS, tenants=[tenant["id"] for tenant in violations]):
        members[member["tenant_id"]].append(member)
    for tenant in violations:
        active = members[tenant["id"]]
        inviting = [member for member in active if member["has_invited"]]
        certain = inviting if inviting or len(active) != 1 else active
        if len(certain) == 1:
            yield _admin(certain[0])
        else:
            yield written(GUIDE, tenant)


def _admin(member: Row) -> Update:
    return Update(
        "tenant_members",
        key={"id": member["id"]},
        expect={"role": member["role"], "status": member["status"]},
        set={"role": "admin"},
    )
