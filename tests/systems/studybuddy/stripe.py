"""StudyBuddy's Stripe account: what its own webhook has heard, told by whoever said it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from trueup.sample import CLOCK
from trueup.sample.stripe import Account

ENDPOINT = "we_studybuddy"
URL = "https://studybuddy.example/functions/v1/stripe-webhook"
HANDLED = (
    "checkout.session.completed",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "invoice.payment_succeeded",
    "invoice.payment_failed",
)

EVENTS = """
    select event_id, event_type, payload, processed_at
    from webhook_events
    where payload is not null
    order by processed_at, event_id
"""

RECORD = """
    insert into webhook_events (event_id, event_type, payload, processed_at, created_at)
    values (%s, %s, %s, %s, %s) on conflict (event_id) do nothing
"""

RENEWED = timedelta(days=28)


def follow(connection: psycopg.Connection[Any], account: Account) -> None:
    """Add the events that the database knows and the account does not, and what they are about."""
    if not account.objects["webhook_endpoints"]:
        _begin(account)
    for number, kind, payload, told in connection.execute(EVENTS).fetchall():
        if number in account.objects["events"]:
            continue
        if kind.startswith("customer.subscription."):
            _subscribe(account, payload, told)
        account.event(number, kind, payload, told)


def deliver(connection: psycopg.Connection[Any], event: Mapping[str, Any]) -> None:
    """Record an event as the webhook does, before it handles it; one that is known is a double."""
    told = datetime.fromtimestamp(event["created"], CLOCK.tzinfo)
    payload = Jsonb(event["data"]["object"])
    connection.execute(RECORD, [event["id"], event["type"], payload, told, told])


def _begin(account: Account) -> None:
    account.price("price_pro_monthly", product="prod_studybuddy_pro", unit_amount=1200)
    account.price("price_pro_yearly", product="prod_studybuddy_pro", unit_amount=12000)
    account.add(
        "webhook_endpoints",
        ENDPOINT,
        CLOCK - timedelta(days=400),
        url=URL,
        enabled_events=list(HANDLED),
    )


def _subscribe(account: Account, payload: Mapping[str, Any], told: datetime) -> None:
    """A subscription as its newest event has it, of a customer who is there."""
    customer = payload["customer"]
    if customer not in account.objects["customers"]:
        account.add("customers", customer, told, metadata=dict(payload.get("metadata", {})))
    known = account.objects["subscriptions"].get(payload["id"])
    created = datetime.fromtimestamp(known["created"], told.tzinfo) if known else told - RENEWED
    said = {name: value for name, value in payload.items() if name not in ("id", "created")}
    said["livemode"] = account.live
    account.add("subscriptions", payload["id"], created, **said)
