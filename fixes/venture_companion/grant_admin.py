"""
Make a user an admin, whom the settings name as one; every other feature stays.

A profile without features gets those of a new one first: set in nothing, the right would be lost
without an error.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypedDict
from uuid import UUID

from trueup import Update
from trueup.errors import PlanError
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 10

DEFAULTS = {
    "enabled": False,
    "tokenLimit": 4000,
    "voiceToText": False,
    "customPrompts": False,
    "advancedFilters": False,
}
"""As the column's default has them."""

PROFILES = """
    select id, user_id::text as user_id, premium_features, updated_at
    from user_profiles
    where user_id::text = any(cast(:users as text[]))
    order by id
"""


class Row(TypedDict):
    """Who becomes an admin: the id in auth.users."""

    id: UUID


def plan(
    rows: Sequence[Violation], primary: Reader, settings: Mapping[str, Any]
) -> Iterator[Change]:
    """One profile each."""
    asked = primary.rows(PROFILES, users=[str(row["id"]) for row in rows])
    known = {profile["user_id"]: profile for profile in asked}
    admins = {str(one) for one in settings.get("admins", [])}
    for row in rows:
        user = str(row["id"])
        if user not in admins:
            raise PlanError(
                f"user {user} is not among admins in the system's settings; write them there first"
            )
        if user not in known:
            raise PlanError(f"user {user} has no profile; they sign in first")
        profile = known[user]
        features = profile["premium_features"]
        before = features if isinstance(features, dict) else DEFAULTS
        yield Update(
            "user_profiles",
            key={"id": profile["id"]},
            expect={"premium_features": features, "updated_at": profile["updated_at"]},
            set={"premium_features": before | {"admin": True}},
        )
