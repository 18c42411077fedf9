"""Credits: what was paid for is there, what was refunded is not, and each gift has a giver."""

from trueup import invariant
from trueup.library import (
    every_paid_checkout_was_granted_once,
    every_refund_was_taken_back_once,
    no_webhook_delivery_has_failed_for_an_hour,
    the_stripe_key_matches_the_environment,
    the_webhook_endpoint_is_enabled,
)

RUNBOOK = "credits-that-were-paid-for"

BELOW_ZERO = "credits < 0"


@invariant(
    severity="P1",
    over="User",
    fix="floor_credits",
    runbook="refunds",
    needs=["User.credits"],
)
def test_credits_are_never_negative(replica):
    """A refund took more than there was: what they buy next is gone before they have it."""
    return replica.where("User", BELOW_ZERO, columns=["id as user_id", "credits"])


UNEXPLAINED = """
    type::text = 'MANUAL_CREDIT_ADDED'
      and (
          coalesce(btrim(metadata ->> 'admin'), '') = ''
          or coalesce(btrim(metadata ->> 'reason'), '') = ''
          or coalesce(jsonb_typeof(metadata -> 'credits'), '') <> 'number'
      )
"""


@invariant(
    severity="P2",
    over={
        "credits on record": """(
            select from "AnalyticsEvent" where type::text = 'MANUAL_CREDIT_ADDED'
        )"""
    },
    fix="explain_credits",
    runbook=RUNBOOK,
    needs=["User.credits"],
    may_be_empty=True,
)
def test_every_manual_credit_says_who_and_why(replica):
    """
    Credits are money: somebody gave them away, and nobody can say who, why, or how many.

    There may be none on record: nobody ever had to.
    """
    return replica.where(
        "AnalyticsEvent",
        UNEXPLAINED,
        columns=[
            "id",
            '"userId"',
            '"createdAt"',
            "coalesce(btrim(metadata ->> 'admin'), '') <> '' as says_who",
            "coalesce(btrim(metadata ->> 'reason'), '') <> '' as says_why",
            "coalesce(jsonb_typeof(metadata -> 'credits'), '') = 'number' as says_how_many",
        ],
    )


# A session may be on record several times: added twice, and taken back once. What is left counts.
GRANTED = """
    select metadata ->> 'session' as session, sum(
        case when jsonb_typeof(metadata -> 'credits') = 'number'
            then (metadata ->> 'credits')::numeric end
    ) as amount
    from "AnalyticsEvent"
    where starts_with(metadata ->> 'session', 'cs_')
    group by 1
"""

TAKEN_BACK = """
    select metadata ->> 'refund' as refund
    from "AnalyticsEvent"
    where metadata ->> 'refund' is not null
"""

test_every_paid_checkout_added_its_credits = every_paid_checkout_was_granted_once(
    GRANTED,
    "AnalyticsEvent",
    metadata="credits",
    buyer=("userId", 'select id from "User" where id = any(:ids)'),
    fix="add_credits",
    harm="Somebody paid for credits and has none, has fewer, or has them twice.",
    runbook=RUNBOOK,
    needs=["User.credits"],
)
test_every_refund_took_its_credits = every_refund_was_taken_back_once(
    TAKEN_BACK,
    "AnalyticsEvent",
    metadata="credits",
    grants=GRANTED,
    fix="take_back_credits",
    harm="Somebody has their money back and the credits too, or lost the same credits twice.",
    runbook="refunds",
    needs=["User.credits"],
)

test_the_webhook_endpoint_is_enabled = the_webhook_endpoint_is_enabled(runbook=RUNBOOK)
test_no_webhook_delivery_has_failed_for_an_hour = no_webhook_delivery_has_failed_for_an_hour(
    runbook=RUNBOOK
)
test_the_stripe_key_matches_the_environment = the_stripe_key_matches_the_environment(
    runbook=RUNBOOK
)
