"""
Log that an entitlement was granted by hand, where somebody stands by it.

The old runbook's statement wrote no history, and nothing else tells such a grant from a user's own.
The row is dated when the entitlement came, so that what was used of it since continues it.
"""

from collections.abc import Iterator, Sequence
from typing import TypedDict
from uuid import UUID

from trueup import Insert
from trueup.errors import PlanError
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 50

ENTITLEMENTS = """
    select id, user_id, created_at,
           coalesce(
               (
                   select coalesce(previous_balance, 0) from entitlement_history as history
                   where history.entitlement_id = entitlement.id
                   order by created_at, new_balance desc, id limit 1
               ),
               remaining_interviews, 0
           ) as granted,
           exists (
               select from entitlement_history as history
               where history.entitlement_id = entitlement.id
                 and history.action in ('purchase', 'grant')
           ) as is_logged
    from entitlements as entitlement
    where id = any(:ids)
"""


class Row(TypedDict):
    """Which entitlement it is, who granted it, and why; the user may read both."""

    entitlement_id: UUID
    granted_by: str
    reason: str


def plan(rows: Sequence[Violation], primary: Reader) -> Iterator[Change]:
    """One row each; the entitlement stays as it is."""
    ids = [row["entitlement_id"] for row in rows]
    known = {found["id"]: found for found in primary.rows(ENTITLEMENTS, ids=ids)}
    for row in rows:
        found = known.get(row["entitlement_id"])
        if found is None:
            raise PlanError(f"there is no entitlement {row['entitlement_id']}")
        if found["is_logged"]:
            raise PlanError(f"the history says already where entitlement {found['id']} came from")
        yield Insert(
            "entitlement_history",
            {
                "user_id": found["user_id"],
                "entitlement_id": found["id"],
                "action": "grant",
                "previous_balance": 0,
                "new_balance": found["granted"],
                "metadata": {
                    "manual": True,
                    "granted_by": row["granted_by"],
                    "reason": row["reason"],
                },
                "created_at": found["created_at"],
            },
        )
