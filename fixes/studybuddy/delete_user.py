"""
Delete a user with all that is theirs, as the law lets them ask.

What no foreign key guards (AI jobs, course files) goes too. Overrides that they granted to others
are put under the name of the admin of the settings, since the database would refuse otherwise. Of
Stripe's events about them the ids stay, so that none is handled twice, and what they said goes. The
journal keeps the keys of what went, and nothing else of it; files in the storage and the customer
in Stripe are steps for a person.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypedDict
from uuid import UUID

from trueup import Delete, Update
from trueup.errors import PlanError
from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 2000
UNDO = "a deletion for privacy keeps nothing that could be put back"

ACCOUNT = "select id from auth.users where id = :user"

THEIRS = """
    select 'ai_jobs' as "table", id from ai_jobs where user_id = :user
    union all
    select 'course_files', id from course_files where user_id = :user
    order by 1, 2
"""

GRANTED = """
    select id, created_by, updated_at
    from admin_overrides
    where created_by = :user and user_id <> :user
    order by id
"""

EVENTS = """
    select id
    from webhook_events
    where payload #>> '{metadata,user_id}' = :user
       or payload ->> 'customer' = (
           select stripe_customer_id from subscriptions where user_id::text = :user
       )
    order by id
"""

ELSEWHERE = """
    select (select count(*) from course_files where user_id = :user) as files,
           (select stripe_customer_id from subscriptions where user_id = :user) as customer
"""

OUTSIDE = """
delete what is kept elsewhere of user {user_id}

Their {files} course files in the storage: open Storage, and delete what is below {user_id}.

Their customer in Stripe ({customer}): open it, cancel what is live, and delete the customer.

select count(*) from storage.objects where owner_id = {user_id:literal};  -- 0
"""

IS_THE_ADMIN = """
name another admin before user {user_id} is deleted

Overrides of others are in their name, and the settings name nobody else to take them over.

Write another admin's id into trueup.toml, as override_admin in the system's settings.

Plan `studybuddy.delete_user` again.

select user_id from user_roles where role = 'admin';  -- lists override_admin
"""


class Row(TypedDict):
    """Who is deleted."""

    user_id: UUID


def plan(
    rows: Sequence[Violation], primary: Reader, settings: Mapping[str, object]
) -> Iterator[Change]:
    """What hangs on nothing first, then the account, which takes the rest along."""
    admin = str(settings.get("override_admin", ""))
    for row in rows:
        user = row["user_id"]
        if not list(primary.rows(ACCOUNT, user=user)):
            raise PlanError(f"there is no user {user}")
        granted = list(primary.rows(GRANTED, user=user))
        if granted and admin in ("", str(user)):
            yield written(IS_THE_ADMIN, row)
            continue
        for override in granted:
            yield Update(
                "admin_overrides",
                key={"id": override["id"]},
                expect={"created_by": user, "updated_at": override["updated_at"]},
                set={"created_by": admin},
            )
        for theirs in primary.rows(THEIRS, user=user):
            yield Delete(str(theirs["table"]), key={"id": theirs["id"]})
        for event in primary.rows(EVENTS, user=str(user)):
            yield Update("webhook_events", key={"id": event["id"]}, set={"payload": None})
        yield Delete("auth.users", key={"id": user})
        [elsewhere] = primary.rows(ELSEWHERE, user=user)
        yield written(OUTSIDE, {**row, **elsewhere})
