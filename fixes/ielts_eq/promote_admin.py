"""
Make somebody an admin who is on the list of the settings.

The list comes first, so that a review of it sees who is added: whoever is not on it would be named
by only_known_admins_are_admins a minute later.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypedDict

from trueup import Update, naive_utc
from trueup.errors import PlanError
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 10

ACCOUNTS = """
    select id, role, "updatedAt"
    from "User"
    where id = any(:users)
    order by id
"""


class Row(TypedDict):
    """Who becomes an admin."""

    user_id: str


def plan(
    rows: Sequence[Violation], primary: Reader, settings: Mapping[str, object], now: datetime
) -> Iterator[Change]:
    """One account each."""
    listed = settings.get("admins")
    known = listed if isinstance(listed, list) else []
    asked = primary.rows(ACCOUNTS, users=[row["user_id"] for row in rows])
    accounts = {account["id"]: account for account in asked}
    for row in rows:
        account = accounts.get(row["user_id"])
        if account is None:
            raise PlanError(f"there is no user {row['user_id']}")
        if row["user_id"] not in known:
            raise PlanError(
                f"user {row['user_id']} is not among admins in the system's settings; add the id"
                " there first, and let somebody review it"
            )
        yield Update(
            "User",
            key={"id": account["id"]},
            expect={"role": account["role"], "updatedAt": account["updatedAt"]},
            set={"role": "ADMIN", "updatedAt": naive_utc(now)},
        )
