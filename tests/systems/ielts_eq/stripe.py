"""IELTS EQ's Stripe account: checkouts of credits, and the refunds of some."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from trueup.clock import naive_utc
from trueup.sample import CLOCK
from trueup.sample.stripe import Account

ENDPOINT = "we_ielts_eq"
URL = "https://ielts-eq.example/api/webhooks/stripe"
COMPLETED = "checkout.session.completed"
CENTS = 50
"""What a credit costs."""

BOOKED = """
    select "userId", metadata, "createdAt"
    from "AnalyticsEvent"
    where metadata ? 'payment'
    order by "createdAt", id
"""

KNOWN = """select 1 from "AnalyticsEvent" where metadata ->> 'session' = %s"""

ADD = """update "User" set credits = credits + %s, "updatedAt" = %s where id = %s"""

LOG = """
    insert into "AnalyticsEvent" (id, "userId", type, metadata, "createdAt")
    values (%s, %s, 'MANUAL_CREDIT_ADDED', %s, %s)
"""


def follow(connection: psycopg.Connection[Any], account: Account) -> None:
    """Add what the events say was paid for, or given back, and the account does not know."""
    if not account.objects["webhook_endpoints"]:
        account.add(
            "webhook_endpoints",
            ENDPOINT,
            CLOCK - timedelta(days=400),
            url=URL,
            enabled_events=[COMPLETED],
        )
    for user, said, logged in connection.execute(BOOKED).fetchall():
        at = logged.replace(tzinfo=UTC)
        if "session" in said and said["session"] not in account.objects["checkout/sessions"]:
            sell(account, said["session"], user, said["credits"], at - timedelta(seconds=3))
        elif "refund" in said and said["refund"] not in account.objects["refunds"]:
            give_back(account, said["refund"], said["payment"], -said["credits"] * CENTS, at)


def deliver(connection: psycopg.Connection[Any], event: Mapping[str, Any]) -> None:
    """Add what a checkout bought, as the webhook does; one that is known is a double."""
    session = event["data"]["object"]
    if connection.execute(KNOWN, [session["id"]]).fetchone():
        return
    at = naive_utc(datetime.fromtimestamp(event["created"], UTC))
    user, many = session["metadata"]["userId"], int(session["metadata"]["credits"])
    said = {
        "credits": many,
        "reason": "checkout completed",
        "admin": "stripe webhook",
        "session": session["id"],
        "payment": session["payment_intent"],
    }
    connection.execute(ADD, [many, at, user])
    connection.execute(LOG, [f"of-{event['id']}", user, Jsonb(said), at])


def sell(
    account: Account, session: str, user: str, many: int, at: datetime, **said: Any
) -> dict[str, Any]:
    """A paid checkout session for credits, and the event about it."""
    given = {
        "amount_subtotal": many * CENTS,
        "amount_total": many * CENTS,
        "currency": "usd",
        "customer": f"cus_{session.removeprefix('cs_')}",
        "metadata": {"userId": user, "credits": str(many)},
        "payment_intent": f"pi_{session.removeprefix('cs_')}",
        **said,
    }
    sold = account.add("checkout/sessions", session, at, **given)
    account.event(f"evt_{session.removeprefix('cs_')}", COMPLETED, sold, at)
    return sold


def give_back(account: Account, refund: str, payment: str, amount: int, at: datetime) -> None:
    """A refund that succeeded."""
    charge = f"ch_{payment.removeprefix('pi_')}"
    account.add("refunds", refund, at, amount=amount, charge=charge, payment_intent=payment)
