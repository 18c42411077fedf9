"""
Take the rights of an admin from a user; every other feature stays.

Sessions that they have go on: what they are allowed is asked for anew with each request.
"""

from collections.abc import Iterator, Sequence
from typing import TypedDict
from uuid import UUID

from trueup import Update
from trueup.errors import PlanError
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 50

PROFILES = """
    select id, user_id::text as user_id, premium_features, updated_at
    from user_profiles
    where user_id::text = any(cast(:users as text[]))
    order by id
"""


class Row(TypedDict):
    """Who is no admin any more: the id in auth.users."""

    id: UUID


def plan(rows: Sequence[Violation], primary: Reader) -> Iterator[Change]:
    """One profile each."""
    asked = primary.rows(PROFILES, users=[str(row["id"]) for row in rows])
    known = {profile["user_id"]: profile for profile in asked}
    for row in rows:
        profile = known.get(str(row["id"]))
        features = profile["premium_features"] if profile else None
        if profile is None or not isinstance(features, dict) or "admin" not in features:
            raise PlanError(f"user {row['id']} is no admin")
        yield Update(
            "user_profiles",
            key={"id": profile["id"]},
            expect={name: profile[name] for name in ("premium_features", "updated_at")},
            set={"premium_features": {k: v for k, v in features.items() if k != "admin"}},
        )
