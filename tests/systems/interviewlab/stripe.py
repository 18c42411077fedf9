"""InterviewLab's Stripe account: a paid checkout session behind each entitlement that names one."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import psycopg

from trueup.sample import CLOCK
from trueup.sample.stripe import Account

ENDPOINT = "we_interviewlab"
URL = "https://interviewlab.io/api/stripe-webhook"
HANDLED = ("checkout.session.completed",)

PRICES = {"starter": ("usd", 2699), "professional": ("aud", 3999), "elite": ("aud", 4999)}
"""What each tier costs, in cents."""

WORTH = {"starter": 3, "professional": 5, "elite": 10}

# A session's id that a user wrote, with no purchase in the history, is no session.
BOUGHT = """
    select distinct on (stripe_session_id)
           stripe_session_id, entitlement.user_id, tier, entitlement.created_at
    from entitlements as entitlement
    join entitlement_history as history
      on history.entitlement_id = entitlement.id and history.action = 'purchase'
    where stripe_session_id is not null
    order by stripe_session_id, entitlement.created_at
"""

GRANT = """
    with granted as (
        insert into entitlements (
            id, user_id, type, status, tier, remaining_interviews, purchase_type,
            stripe_session_id, currency, created_at
        )
        select gen_random_uuid(), %(user)s, 'interview_package', 'active', %(tier)s, %(worth)s,
               'one_time', %(session)s, upper(%(currency)s), %(at)s
        returning id
    )
    insert into entitlement_history (
        user_id, entitlement_id, action, previous_balance, new_balance, created_at
    )
    select %(user)s, id, 'purchase', 0, %(worth)s, %(at)s from granted
"""


def follow(connection: psycopg.Connection[Any], account: Account) -> None:
    """Add the checkouts that the database knows and the account does not, and their payments."""
    if not account.objects["webhook_endpoints"]:
        enabled = list(HANDLED)
        began = CLOCK - timedelta(days=430)
        account.add("webhook_endpoints", ENDPOINT, began, url=URL, enabled_events=enabled)
    for session, user, tier, granted in connection.execute(BOUGHT).fetchall():
        if session not in account.objects["checkout/sessions"]:
            checked_out(account, session, str(user), tier, granted - timedelta(seconds=9))


def checked_out(
    account: Account, session: str, user: str, tier: str, created: datetime, **said: Any
) -> None:
    """A checkout session that was paid, its payment, and the event that tells of it."""
    currency, amount = PRICES.get(tier, ("usd", 1000))
    payment, event = (f"{prefix}_{session.removeprefix('cs_')}" for prefix in ("pi", "evt"))
    account.add("payment_intents", payment, created, amount=amount, currency=currency)
    given = {
        "amount_total": amount,
        "amount_subtotal": amount,
        "currency": currency,
        "payment_intent": payment,
        "client_reference_id": user,
        "metadata": {"user_id": user, "tier": tier},
        **said,
    }
    one = account.add("checkout/sessions", session, created, **given)
    account.event(event, HANDLED[0], one, created + timedelta(seconds=5))


def deliver(connection: psycopg.Connection[Any], event: Mapping[str, Any]) -> None:
    """Grant what was bought, as the webhook does: it never asks whether it has done so before."""
    one = event["data"]["object"]
    tier = one["metadata"]["tier"]
    values = {
        "user": one["metadata"]["user_id"],
        "tier": tier,
        "worth": WORTH[tier],
        "session": one["id"],
        "currency": one["currency"],
        "at": datetime.fromtimestamp(event["created"], CLOCK.tzinfo),
    }
    connection.execute(GRANT, values)
