"""Organizations: somebody runs each, what refers to one is right, and invitations end."""

from trueup import invariant
from trueup.library import belongs

RUNBOOK = "organizations"

WITHOUT_OWNER = """
    select organization.id, organization.owner_id, member.id as member_id, member.role
    from organizations as organization
    left join organization_members as member
      on member.org_id = organization.id and member.user_id = organization.owner_id
    where member.role is distinct from 'owner'
    order by organization.id
"""


@invariant(
    severity="P2",
    over="organizations",
    fix="add_owner_membership",
    runbook=RUNBOOK,
    show=["role"],
)
def test_every_organization_has_its_owner_among_its_members(replica):
    """Policies go by membership: its owner can neither see its members nor invite anybody."""
    return replica.rows(WITHOUT_OWNER)


test_every_org_reference_names_an_organization = belongs(
    "user_profiles.org_id",
    "organizations.id",
    fix="clear_org_reference",
    harm="The key refers to users by mistake: whatever stands here names no organization, and"
    " nothing of one is shown to them.",
    runbook=RUNBOOK,
)

EXPIRED = "accepted_at is null and expires_at < :now"


@invariant(
    severity="P2",
    over="invitations",
    fix="delete_expired_invitations",
    runbook=RUNBOOK,
    show=["role"],
)
def test_no_invitation_outlives_its_expiry(replica, now):
    """One invitation an address: until it is gone, nobody can invite them again."""
    return replica.where(
        "invitations",
        EXPIRED,
        columns=["id", "org_id", "invited_by", "role", "expires_at"],
        now=now,
    )
