"""
End the temporary overrides that are older than a day; notes and author stay as a record.

One that its user lives on within this very hour is left for the next hour: to end it now would
make a flood of what was allowed when they asked.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from trueup import Update
from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 500

LIVING_ON_IT = """
    with recent as (
        select user_id, count(*) as jobs
        from ai_jobs
        where user_id = any(:users) and created_at >= :start and created_at < :now
        group by user_id
    ),
    judged as (
        select recent.user_id, recent.jobs, (
            coalesce(bought.limits ->> 'ai_extractions', free.limits ->> 'ai_extractions')
        )::numeric as planned
        from recent
        left join subscriptions on subscriptions.user_id = recent.user_id
          and (subscriptions.status in ('active', 'trialing') or subscriptions.updated_at >= :start)
        left join plans as bought on bought.id = subscriptions.plan_id
        left join plans as free on free.name = 'Free'
    )
    select user_id
    from judged
    where jobs > planned and planned > 0
"""

LATER = """
end the override of user {user_id} an hour from now

Within the last hour they asked for more than their plan allows, on this override.

When an hour has passed, plan `studybuddy.expire_quota_overrides` again.

select quota_overrides from admin_overrides where id = {id:literal};  -- empty
"""


def plan(violations: Sequence[Violation], primary: Reader, now: datetime) -> Iterator[Change]:
    """Empty the quota of each override whose user does without it."""
    users = [override["user_id"] for override in violations]
    asked = primary.rows(LIVING_ON_IT, users=users, start=now - timedelta(hours=1), now=now)
    living = {row["user_id"] for row in asked}
    for override in violations:
        if override["user_id"] in living:
            yield written(LATER, override)
        else:
            yield Update(
                "admin_overrides",
                key={"id": override["id"]},
                expect={"updated_at": override["updated_at"]},
                set={"quota_overrides": {}},
            )
