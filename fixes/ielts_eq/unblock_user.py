"""
Let a blocked user in again.

Their sessions are gone; they sign in anew. An undo of the entry that blocked them would do, for as
long as nobody has touched their account since.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypedDict

from trueup import Update, naive_utc
from trueup.errors import PlanError
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 100

BLOCKED = """
    select id, "updatedAt"
    from "User"
    where id = any(:users) and "isBlocked"
    order by id
"""


class Row(TypedDict):
    """Who is let in again."""

    user_id: str


def plan(rows: Sequence[Violation], primary: Reader, now: datetime) -> Iterator[Change]:
    """One account each."""
    asked = primary.rows(BLOCKED, users=[row["user_id"] for row in rows])
    blocked = {account["id"]: account for account in asked}
    for row in rows:
        account = blocked.get(row["user_id"])
        if account is None:
            raise PlanError(f"user {row['user_id']} is not blocked, or is not there")
        yield Update(
            "User",
            key={"id": account["id"]},
            expect={"isBlocked": True, "updatedAt": account["updatedAt"]},
            set={"isBlocked": False, "updatedAt": naive_utc(now)},
        )
