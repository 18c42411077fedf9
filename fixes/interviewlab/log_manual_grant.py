"""
Log that an entitlement was granted by hand, where somebody in support stands by it.

The runbook's own statement wrote no history. The row is dated when the entitlement came, so that
what was used of it since continues it.
"""

from collections.abc import Iterator, Sequence

from trueup import Insert
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 50

FIRST = """
    select distinct on (entitlement_id) entitlement_id, previous_balance
    from entitlement_history
    where entitlement_id = any(:ids)
    order by entitlement_id, created_at, new_balance desc, id
"""


def plan(violations: Sequence[Violation], primary: Reader) -> Iterator[Change]:
    """One row each; the entitlement stays as it is."""
    ids = [entitlement["id"] for entitlement in violations]
    used = {row["entitlement_id"]: row["previous_balance"] for row in primary.rows(FIRST, ids=ids)}
    for entitlement in violations:
        granted = used.get(entitlement["id"])
        yield Insert(
            "entitlement_history",
            {
                "user_id": entitlement["user_id"],
                "entitlement_id": entitlement["id"],
                "action": "grant",
                "previous_balance": 0,
                "new_balance": entitlement["remaining_interviews"] if granted is None else granted,
                "metadata": {"manual": True, "logged_by": "trueup"},
                "created_at": entitlement["created_at"],
            },
        )
