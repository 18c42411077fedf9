"""
Confirm the address of a user whose confirmation never came.

Without being told whom, it confirms only those whose provider of sign-in vouches for the same
address: whoever mistyped theirs would otherwise get somebody else's account. For the others there
are steps; once they have written from that address, name them: `user_id=…`.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from trueup import Update
from trueup.errors import PlanError
from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 100

USERS = """
    select users.id, users.email_confirmed_at, users.updated_at,
           exists (
               select from auth.identities as identity
               where identity.user_id = users.id and identity.provider <> 'email'
                 and identity.email = lower(users.email)
                 and identity.identity_data ->> 'email_verified' = 'true'
           ) as is_vouched_for
    from auth.users as users
    where users.id = any(:ids)
"""

ASK = """
find out whether user {user_id} reads their address

They signed up at {created_at} and never confirmed; {sent}.

Send it again: Dashboard, Authentication, Users, the user, Resend confirmation. If none arrives,
look at Authentication, Logs, and at the e-mail service.

If they wrote to support from that very address, confirm it: trueup plan interviewlab.confirm_e_mail
user_id={user_id} --env production --reason "…"

If it bounces, the address is mistyped: they sign up again, and you delete this account with
interviewlab.delete_user.

select email_confirmed_at is not null as confirmed from auth.users where id = {user_id:literal};
"""


class Row(TypedDict):
    """Whose address it is; somebody has seen that they read it."""

    user_id: UUID


def plan(violations: Sequence[Violation], primary: Reader, now: datetime) -> Iterator[Change]:
    """One user each; an operator who names somebody has looked."""
    ids = [user["user_id"] for user in violations]
    known = {row["id"]: row for row in primary.rows(USERS, ids=ids)}
    for user in violations:
        row = known.get(user["user_id"])
        if row is None:
            raise PlanError(f"there is no user {user['user_id']}")
        is_typed = not user.invariant
        if is_typed and row["email_confirmed_at"] is not None:
            raise PlanError(f"the address of user {user['user_id']} is confirmed already")
        if not is_typed and not row["is_vouched_for"]:
            yield written(ASK, {**user, "sent": _sent(user)})
            continue
        yield Update(
            "auth.users",
            key={"id": row["id"]},
            expect={"email_confirmed_at": None, "updated_at": row["updated_at"]},
            set={"email_confirmed_at": now, "updated_at": now},
        )


def _sent(user: Violation) -> str:
    at = user["confirmation_sent_at"]
    return f"the last confirmation went out at {at}" if at else "no confirmation ever went out"
