"""
Block an account and end its sessions, so that no blocked user is still signed in.

Whoever owns it is shut out too, until unblock_user: tell them. Sessions that live in the browser
alone go on until the application looks at "isBlocked".
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypedDict

from trueup import Delete, Update, naive_utc
from trueup.errors import PlanError
from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 500

BLOCKED = "User.isBlocked"

ACCOUNTS = """
    select id, "isBlocked", "updatedAt"
    from "User"
    where id = any(:users)
    order by id
"""

SESSIONS = """
    select id, "userId", expires
    from "Session"
    where "userId" = any(:users)
    order by id
"""

NO_COLUMN = """
shut user {user_id} out by hand: this schema cannot block anybody

Until a migration adds "isBlocked" to "User" (Boolean, default false) and sign-in looks at it:

Make the password useless, so that only Google or a reset by e-mail lets them in: update "User"
set password = null, "updatedAt" = timezone('UTC', now()) where id = {user_id:literal};

End their sessions: delete from "Session" where "userId" = {user_id:literal};

Tell the owner, and refuse the addresses that tried: select ip, count(*) from "LoginAttempt"
where "userId" = {user_id:literal} and not success group by ip order by 2 desc;

select count(*) from "Session" where "userId" = {user_id:literal};  -- 0
"""


class Row(TypedDict):
    """Who is blocked, where no invariant names them."""

    user_id: str


def plan(violations: Sequence[Violation], primary: Reader, now: datetime) -> Iterator[Change]:
    """The account and each of its sessions."""
    if not primary.has_column(BLOCKED):
        yield from (written(NO_COLUMN, user) for user in violations)
        return
    users = [user["user_id"] for user in violations]
    accounts = {row["id"]: row for row in primary.rows(ACCOUNTS, users=users)}
    sessions = defaultdict(list)
    for session in primary.rows(SESSIONS, users=users):
        sessions[session["userId"]].append(session)
    for user in violations:
        account = accounts.get(user["user_id"])
        if account is None:
            raise PlanError(f"there is no user {user['user_id']}")
        for session in sessions[account["id"]]:
            yield Delete(
                "Session", key={"id": session["id"]}, expect={"expires": session["expires"]}
            )
        yield Update(
            "User",
            key={"id": account["id"]},
            expect={"isBlocked": account["isBlocked"], "updatedAt": account["updatedAt"]},
            set={"isBlocked": True, "updatedAt": naive_utc(now)},
        )
