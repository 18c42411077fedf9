"""
Make the owner of an organization a member of it, as its owner.

Whoever is a member with another role gets this one; other owners stay as they are.
"""

from collections.abc import Iterable, Iterator

from trueup import Insert, Update
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 100


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One membership each."""
    for organization in violations:
        if organization["member_id"] is None:
            yield Insert(
                "organization_members",
                {
                    "org_id": organization["id"],
                    "user_id": organization["owner_id"],
                    "role": "owner",
                },
            )
        else:
            yield Update(
                "organization_members",
                key={"id": organization["member_id"]},
                expect={"role": organization["role"]},
                set={"role": "owner"},
            )
