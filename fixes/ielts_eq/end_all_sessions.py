"""
End every session, or those of the admins: after a breach, everybody signs in again.

It cannot be taken back: a token that may be in a stranger's hands must not work again.
"""

from collections.abc import Iterator, Sequence
from typing import Literal, TypedDict

from trueup import Delete
from trueup.errors import PlanError
from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 200_000
UNDO = "a token that a stranger may have must not work again"

SESSIONS = """
    select session.id
    from "Session" as session
    join "User" as account on account.id = session."userId"
    where :everybody or account.role = 'ADMIN'
    order by session.id
"""

ELSEWHERE = """
end what no row can end

Where NextAuth keeps sessions in the browser (session.strategy is jwt), they live on: make a new
NEXTAUTH_SECRET (openssl rand -base64 32), set it in Vercel, and deploy.

Do it in any case where the secret itself may be known, and write the day into the settings.

Google's tokens in "Account" are good for Google: revoke the client's secret in its console.

trueup check ielts_eq --env production -k secret
"""


class Row(TypedDict):
    """Whose sessions end."""

    whose: Literal["everybody", "admins"]


def plan(rows: Sequence[Violation], primary: Reader) -> Iterator[Change]:
    """Each session, and what a person has to do besides."""
    for row in rows:
        found = list(primary.rows(SESSIONS, everybody=row["whose"] == "everybody"))
        if not found:
            raise PlanError(f"there is no session of {row['whose']} to end")
        for session in found:
            yield Delete("Session", key={"id": session["id"]})
        yield written(ELSEWHERE, row)
