"""
Grant a user interviews by hand: an entitlement of their own, and the grant in its history.

Both are written, or neither. The reason goes into the history, where support and the user's own
page find it; write nothing there that the user should not read.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal, TypedDict
from uuid import NAMESPACE_URL, UUID, uuid5

from trueup import Insert
from trueup.errors import PlanError
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 200

MOST = 100
"""Interviews of one grant; more is a typing error."""

STAGED = ("professional", "elite")

USERS = "select id from auth.users where id = any(:ids) and deleted_at is null"


class Row(TypedDict):
    """Who gets how many interviews, and why; `tier` is whose perks they have, if any."""

    user_id: UUID
    interviews: int
    reason: str
    tier: Literal["starter", "professional", "elite"] | None


def plan(rows: Sequence[Violation], primary: Reader, now: datetime) -> Iterator[Change]:
    """One entitlement each; the same row typed twice is one grant."""
    there = {row["id"] for row in primary.rows(USERS, ids=[row["user_id"] for row in rows])}
    for row in rows:
        if row["user_id"] not in there:
            raise PlanError(f"there is no user {row['user_id']}")
        if not 1 <= int(str(row["interviews"])) <= MOST:
            raise PlanError(f"{row['interviews']} interviews are none to grant; say 1 to {MOST}")
        yield from _granted(row, now)


def _granted(row: Mapping[str, object], now: datetime) -> Iterator[Change]:
    said = f"{row['user_id']} {row['interviews']} {row['tier']} {row['reason']} {now.isoformat()}"
    entitlement, has_stages = uuid5(NAMESPACE_URL, f"grant of {said}"), row["tier"] in STAGED
    yield Insert(
        "entitlements",
        {
            "id": entitlement,
            "user_id": row["user_id"],
            "type": "interview_package",
            "status": "active",
            "tier": row["tier"],
            "remaining_interviews": row["interviews"],
            "purchase_type": "gift",
            "perks": {"voice_mode": True, "multi_stage": has_stages},
            "created_at": now,
        },
    )
    yield Insert(
        "entitlement_history",
        {
            "id": uuid5(NAMESPACE_URL, f"history of {said}"),
            "user_id": row["user_id"],
            "entitlement_id": entitlement,
            "action": "grant",
            "previous_balance": 0,
            "new_balance": row["interviews"],
            "metadata": {"manual": True, "granted_by": "trueup", "reason": row["reason"]},
            "created_at": now,
        },
    )
