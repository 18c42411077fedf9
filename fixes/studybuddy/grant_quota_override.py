"""
Grant a user who needs more an override that covers what they did within the hour, and 20 more.

It is temporary and ends with expire_quota_overrides a day later. An override that was granted for
good is raised for good, since nothing would bring its old value back.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypedDict
from uuid import UUID

from trueup import Insert, Update
from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.invariant import Row as Found
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 50

MORE = 20

NOTES = "Temporary rate limit increase by trueup - expires in 24h"

ADMIN = """
    select user_id
    from user_roles
    where user_id::text = :admin and role = 'admin'
"""

OVERRIDES = """
    select id, user_id, quota_overrides, updated_at,
           notes ilike '%temporary%' or quota_overrides = '{}' or quota_overrides is null as may_end
    from admin_overrides
    where user_id = any(:users)
    order by id
"""


NO_ADMIN = """
grant user {user_id} an override in the name of an admin

They asked {jobs} times within the hour, and {allowed} are allowed.

Write the id of the admin who answers for overrides into trueup.toml, as override_admin in the
system's settings: there is none, or one who is no admin.

Plan `studybuddy.grant_quota_override` again.

select user_id from user_roles where role = 'admin';  -- lists override_admin
"""


class Row(TypedDict):
    """Who needs more, and how many extractions within the hour they need covered."""

    user_id: UUID
    jobs: int


def plan(
    violations: Sequence[Violation], primary: Reader, settings: Mapping[str, object]
) -> Iterator[Change]:
    """One override a user; without an admin to grant it, what a person has to do."""
    admin = str(settings.get("override_admin", ""))
    is_admin = bool(list(primary.rows(ADMIN, admin=admin)))
    asked = primary.rows(OVERRIDES, users=[user["user_id"] for user in violations])
    there = {row["user_id"]: row for row in asked}
    for user in violations:
        quota = {"ai_extractions": int(str(user["jobs"])) + MORE}
        row = there.get(user["user_id"])
        if not is_admin:
            yield written(NO_ADMIN, {"allowed": "fewer", **user})
        elif row is None:
            yield _granted(user["user_id"], quota, admin)
        else:
            yield _raised(row, quota)


def _granted(user: object, quota: dict[str, int], admin: str) -> Insert:
    values = {"user_id": user, "quota_overrides": quota, "notes": NOTES, "created_by": admin}
    return Insert("admin_overrides", values)


def _raised(row: Found, quota: dict[str, int]) -> Update:
    before = row["quota_overrides"]
    values: dict[str, object] = {
        "quota_overrides": before | quota if isinstance(before, dict) else quota
    }
    return Update(
        "admin_overrides",
        key={"id": row["id"]},
        expect={"quota_overrides": before, "updated_at": row["updated_at"]},
        set=values | ({"notes": NOTES} if row["may_end"] else {}),
    )
