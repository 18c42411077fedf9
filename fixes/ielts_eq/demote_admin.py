"""
Take an admin's rights away.

Ask first whether they are meant to have them: then their id belongs on the list in the settings.
Where sign-in keeps the role in a token of the browser, it lives on until that expires.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypedDict

from trueup import Update, naive_utc
from trueup.errors import PlanError
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 50

ADMINS = """
    select id, "updatedAt"
    from "User"
    where id = any(:users) and role = 'ADMIN'
    order by id
"""


class Row(TypedDict):
    """Whose rights are taken away, where no invariant names them."""

    user_id: str


def plan(violations: Sequence[Violation], primary: Reader, now: datetime) -> Iterator[Change]:
    """One account each."""
    asked = primary.rows(ADMINS, users=[user["user_id"] for user in violations])
    admins = {account["id"]: account for account in asked}
    for user in violations:
        account = admins.get(user["user_id"])
        if account is None:
            raise PlanError(f"user {user['user_id']} is no admin, or is not there")
        yield Update(
            "User",
            key={"id": account["id"]},
            expect={"role": "ADMIN", "updatedAt": account["updatedAt"]},
            set={"role": "USER", "updatedAt": naive_utc(now)},
        )
