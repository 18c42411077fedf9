"""
Let a disabled user in again.

The database's own trigger writes it into the audit log; the jobs that were failed stay failed.
"""

from collections.abc import Iterator, Sequence
from typing import TypedDict
from uuid import UUID

from trueup import Update
from trueup.errors import PlanError
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 100

PROFILES = """
    select id, user_id, is_disabled
    from profiles
    where user_id = any(:users)
    order by id
"""


class Row(TypedDict):
    """Who is let in again."""

    user_id: UUID


def plan(rows: Sequence[Violation], primary: Reader) -> Iterator[Change]:
    """One profile each."""
    asked = primary.rows(PROFILES, users=[row["user_id"] for row in rows])
    known = {profile["user_id"]: profile for profile in asked}
    for row in rows:
        profile = known.get(row["user_id"])
        if profile is None:
            raise PlanError(f"user {row['user_id']} has no profile; create_missing_profiles first")
        yield Update(
            "profiles",
            key={"id": profile["id"]},
            expect={"is_disabled": profile["is_disabled"]},
            set={"is_disabled": False},
        )
