"""
Give each user without a profile the one that the sign-up page would have made.

Name and e-mail come from auth.users as they are today. Where it is the confirmation that most
people lack, a profile helps nobody: those are steps.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypedDict
from uuid import UUID

from trueup import Insert
from trueup.errors import PlanError
from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 500

FACELESS = """
    select id, email,
           coalesce(raw_user_meta_data ->> 'display_name', split_part(email, '@', 1)) as name
    from auth.users as account
    where deleted_at is null and not is_anonymous
      and not exists (select from profiles where profiles.id = account.id)
      and (id = any(:users) or created_at >= :start and created_at < :until)
    order by id
"""

UNCONFIRMED = """
let people who sign up confirm: {unconfirmed} of {sign_ups} have not

See whether the e-mail reaches them: trueup check --env production -k "e_mails or domain", and
Supabase, Authentication, Logs, for what the auth service says of its mailer.

See whether sign-ups are refused for their number: Supabase, Authentication, Rate Limits.

Sign up yourself, with an address at another provider, and see how long the e-mail takes.

Whoever has waited: Supabase, Authentication, Users, the user, Send confirmation again.

{without_profile} of them have no profile. Once they confirm, plan
`aias.create_missing_profiles user_id=…` for each.

trueup check --env production -k sign_ups
"""


class Row(TypedDict):
    """Who has no profile."""

    user_id: UUID


def plan(violations: Sequence[Violation], primary: Reader, now: datetime) -> Iterator[Change]:
    """The last day's, or whom the operator names."""
    for asked in violations:
        user = asked.get("user_id")
        if user is not None:
            found = list(primary.rows(FACELESS, users=[user], start=now, until=now))
            if not found:
                raise PlanError(f"user {user} has a profile, or there is no such user")
        elif 20 * int(str(asked["unconfirmed"])) > int(str(asked["sign_ups"])):
            yield written(UNCONFIRMED, asked)
            continue
        else:
            start, until = now - timedelta(days=1), now - timedelta(hours=1)
            found = list(primary.rows(FACELESS, users=[], start=start, until=until))
        for account in found:
            values = {name: account[name] for name in ("id", "email")}
            yield Insert("profiles", {**values, "display_name": account["name"]})
