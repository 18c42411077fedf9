"""
End all of a user's current tiers but one: the one that they pay for, or else the newest.

A policy lets users write their own tier, so that the newest is believed only where none of them is
paid for.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

from trueup import Update
from trueup.model.change import Change
from trueup.model.invariant import Row
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 500

CURRENT = """
    with current as (
        select id, user_id, tier, expires_at, created_at,
               exists (
                   select from subscriptions
                   where subscriptions.user_id = held.user_id and subscriptions.tier = held.tier
                     and subscriptions.status in ('active', 'trialing', 'past_due')
                     and subscriptions.stripe_subscription_id is not null
               ) as is_paid_for
        from subscription_tiers as held
        where user_id = any(:users) and (expires_at is null or expires_at > :now)
    )
    select id, user_id, tier, expires_at
    from current
    order by user_id,
             case when is_paid_for
                 then array_position(array['free', 'starter', 'pro', 'enterprise'], tier)
             end desc nulls last,
             created_at desc nulls last, id desc
"""


def plan(violations: Sequence[Violation], primary: Reader, now: datetime) -> Iterator[Change]:
    """The first of each user stays, the others end now."""
    users = [user["user_id"] for user in violations]
    held: dict[object, list[Row]] = defaultdict(list)
    for tier in primary.rows(CURRENT, users=users, now=now):
        held[tier["user_id"]].append(tier)
    for user in violations:
        for tier in held[user["user_id"]][1:]:
            yield Update(
                "subscription_tiers",
                key={"id": tier["id"]},
                expect={"tier": tier["tier"], "expires_at": tier["expires_at"]},
                set={"expires_at": now},
            )
