"""
Grant a user who needs more an override that covers what they did within the hour, and 20 more.

It is temporary and ends with expire_quota_overrides a day later. An override that was granted for
good is raised for good, since nothing would bring its old value back. Nobody gets less than they
have: whoever may do as much already is refused.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TypedDict
from uuid import UUID

from trueup import Insert, Update
from trueup.errors import PlanError
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

THEIRS = """
    select asked.user_id, override.id, override.quota_overrides, override.notes,
           override.updated_at, override.notes ilike '%temporary%' as is_temporary,
           coalesce(override.quota_overrides, '{}') = '{}' as is_over,
           coalesce(
               override.quota_overrides ->> 'ai_extractions', bought.limits ->> 'ai_extractions',
               free.limits ->> 'ai_extractions'
           )::numeric as allowed
    from unnest(cast(:users as uuid[])) as asked (user_id)
    left join admin_overrides as override on override.user_id = asked.user_id
    left join subscriptions on subscriptions.user_id = asked.user_id
      and subscriptions.status in ('active', 'trialing')
    left join plans as bought on bought.id = subscriptions.plan_id
    left join plans as free on free.name = 'Free'
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
    asked = primary.rows(THEIRS, users=[user["user_id"] for user in violations])
    theirs = {row["user_id"]: row for row in asked}
    for user in violations:
        row, wanted = theirs[user["user_id"]], int(str(user["jobs"])) + MORE
        if not is_admin:
            yield written(NO_ADMIN, {"allowed": "fewer", **user})
        elif _has(row["allowed"], wanted):
            raise PlanError(f"user {row['user_id']} may do as much already; ask for more jobs")
        elif row["id"] is None:
            yield _granted(row["user_id"], wanted, admin)
        else:
            yield _raised(row, wanted)


def _has(allowed: object, wanted: int) -> bool:
    """Whether so many are allowed already; -1 has no limit."""
    return isinstance(allowed, Decimal) and (allowed == -1 or allowed >= wanted)


def _granted(user: object, wanted: int, admin: str) -> Insert:
    quota = {"ai_extractions": wanted}
    values = {"user_id": user, "quota_overrides": quota, "notes": NOTES, "created_by": admin}
    return Insert("admin_overrides", values)


def _raised(row: Found, wanted: int) -> Update:
    """One that is over begins again, and ends again; what its notes said before stays."""
    before, notes = row["quota_overrides"], row["notes"]
    kept = before if isinstance(before, dict) else {}
    begins_again = row["is_over"] and not row["is_temporary"]
    return Update(
        "admin_overrides",
        key={"id": row["id"]},
        expect={"quota_overrides": before, "updated_at": row["updated_at"]},
        set={"quota_overrides": kept | {"ai_extractions": wanted}}
        | ({"notes": f"{notes}\n{NOTES}" if notes else NOTES} if begins_again else {}),
    )
