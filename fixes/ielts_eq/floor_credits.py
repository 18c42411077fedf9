"""
Lift credits that fell below zero to zero, and log how many that gave.

What was taken too much was taken before; whether it was right to take it is another question.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import uuid4

from trueup import Insert, Update, naive_utc
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 500

ACCOUNTS = """
    select id, credits, "updatedAt"
    from "User"
    where id = any(:users)
    order by id
"""


def plan(violations: Sequence[Violation], primary: Reader, now: datetime) -> Iterator[Change]:
    """The account, and the event that says so."""
    asked = primary.rows(ACCOUNTS, users=[user["user_id"] for user in violations])
    accounts = {account["id"]: account for account in asked}
    for user in violations:
        account = accounts[user["user_id"]]
        yield Update(
            "User",
            key={"id": account["id"]},
            expect={"credits": account["credits"], "updatedAt": account["updatedAt"]},
            set={"credits": 0, "updatedAt": naive_utc(now)},
        )
        yield Insert(
            "AnalyticsEvent",
            {
                "id": str(uuid4()),
                "userId": account["id"],
                "type": "MANUAL_CREDIT_ADDED",
                "metadata": {
                    "credits": -int(str(account["credits"])),
                    "reason": "fell below zero",
                    "admin": "trueup",
                },
                "createdAt": naive_utc(now),
            },
        )
