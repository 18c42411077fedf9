"""
End an entitlement that nobody sold and nobody granted, and log its end.

The interviews that were held with it stay held. Ask support first: whatever it granted by hand was
never logged either, and is to be kept with `interviewlab.log_manual_grant entitlement_id=…`.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from trueup import Insert, Update
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 200

LAST = """
    select distinct on (entitlement_id) entitlement_id, new_balance
    from entitlement_history
    where entitlement_id = any(:ids)
    order by entitlement_id, created_at desc, new_balance, id desc
"""


def plan(violations: Sequence[Violation], primary: Reader, now: datetime) -> Iterator[Change]:
    """One entitlement each, with the row of the history that says why it ended."""
    ids = [entitlement["id"] for entitlement in violations]
    booked = {row["entitlement_id"]: row["new_balance"] for row in primary.rows(LAST, ids=ids)}
    for entitlement in violations:
        taken = {"revoked_by": "trueup", "interviews": entitlement["remaining_interviews"]}
        yield Update(
            "entitlements",
            key={"id": entitlement["id"]},
            expect={name: entitlement[name] for name in ("status", "remaining_interviews")},
            set={"status": "expired", "remaining_interviews": 0},
        )
        yield Insert(
            "entitlement_history",
            {
                "user_id": entitlement["user_id"],
                "entitlement_id": entitlement["id"],
                "action": "expire",
                "previous_balance": booked.get(entitlement["id"], 0),
                "new_balance": 0,
                "metadata": {**taken, "reason": "neither sold nor granted"},
                "created_at": now,
            },
        )
