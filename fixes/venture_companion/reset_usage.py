"""
Let a user, or all of a tier, begin this month anew: their meters of the month are deleted.

Earlier months stay, since no limit goes by them and every bill does.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from trueup import Delete, naive_utc
from trueup.errors import PlanError
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 5000

METERS = """
    select usage.id, usage.user_id, usage.metric_type, usage.metric_value,
           coalesce(profile.subscription_tier, 'free') as tier
    from usage_metrics as usage
    left join user_profiles as profile on profile.user_id::text = usage.user_id
    where date_trunc('month', period_start at time zone 'UTC' + interval '14 hours') = :month
      and (
          usage.user_id = any(cast(:users as text[]))
          or coalesce(profile.subscription_tier, 'free') = any(cast(:tiers as text[]))
      )
    order by usage.id
"""


class Row(TypedDict):
    """Whose usage: one user's, or, where `user_id` is left empty, that of all of a tier."""

    user_id: UUID | None
    tier: str | None


def plan(violations: Sequence[Violation], primary: Reader, now: datetime) -> Iterator[Change]:
    """One delete a meter; a violation names its metric, an operator means all of them."""
    month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    users = [str(one["user_id"]) for one in violations if one["user_id"]]
    tiers = [str(one["tier"]) for one in violations if not one["user_id"] and one["tier"]]
    if len(users) + len(tiers) < len(violations):
        raise PlanError("say whose usage is reset: user_id=… or, for all of a tier, tier=free")
    asked = primary.rows(METERS, users=users, tiers=tiers, month=naive_utc(month))
    meters = list(asked)
    for one in violations:
        for meter in meters:
            whose = ("user_id", str(one["user_id"])) if one["user_id"] else ("tier", one["tier"])
            if meter[whose[0]] == whose[1] and _is_meant(one, meter["metric_type"]):
                yield Delete(
                    "usage_metrics",
                    key={"id": meter["id"]},
                    expect={"metric_value": meter["metric_value"]},
                )


def _is_meant(one: Violation, metric: object) -> bool:
    return one.get("metric_type") in (None, metric)
