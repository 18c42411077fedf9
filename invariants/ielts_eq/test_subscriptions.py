"""Subscriptions: what has ended is over."""

from trueup import invariant, naive_utc

OUTLIVED = """status = 'ACTIVE' and "endDate" < :now"""


@invariant(
    severity="P1",
    over="Subscription",
    fix="expire_subscriptions",
    runbook="what-to-watch",
    show=["planId"],
)
def test_no_active_subscription_outlives_its_end(replica, now):
    """
    Nothing ends a subscription by itself: whoever paid once has it for ever.

    One that has no end goes on.
    """
    return replica.where(
        "Subscription",
        OUTLIVED,
        columns=["id", '"userId"', '"planId"', '"endDate"', '"updatedAt"'],
        now=naive_utc(now),
    )
