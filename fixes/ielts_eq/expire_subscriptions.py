"""
Expire the subscriptions whose end has passed.

One that was renewed where nobody told the database expires too: look at a payer in Stripe first.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from trueup import Update, naive_utc
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 500


def plan(violations: Sequence[Violation], now: datetime) -> Iterator[Change]:
    """One row each; Prisma's client writes "updatedAt", and no trigger does."""
    for subscription in violations:
        yield Update(
            "Subscription",
            key={"id": subscription["id"]},
            expect={
                "status": "ACTIVE",
                "endDate": subscription["endDate"],
                "updatedAt": subscription["updatedAt"],
            },
            set={"status": "EXPIRED", "updatedAt": naive_utc(now)},
        )
