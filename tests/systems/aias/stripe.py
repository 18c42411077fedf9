"""AIAS Platform's Stripe account: what its own webhook has heard, told by whoever said it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import md5
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from trueup.sample import CLOCK
from trueup.sample.stripe import Account

ENDPOINT = "we_aias"
URL = "https://aiautomatedsystems.ca/api/stripe/webhook"
HANDLED = (
    "checkout.session.completed",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "invoice.payment_succeeded",
    "invoice.payment_failed",
)
TIERS = {"starter": 2900, "pro": 9900, "enterprise": 49900}

EVENTS = """
    select payload, created_at from webhook_events where source = 'stripe' order by created_at, id
"""

HEARD = """
    update webhook_events set processed = true
    where source = 'stripe' and payload ->> 'id' = %s returning id
"""

RECORD = """
    insert into webhook_events (id, source, event, payload, processed, created_at)
    values (%s, 'stripe', %s, %s, true, %s)
"""

RENEWED = timedelta(days=90)


def follow(connection: psycopg.Connection[Any], account: Account) -> None:
    """Add the events that the database knows and the account does not, and what they are about."""
    if not account.objects["webhook_endpoints"]:
        _begin(account)
    for event, told in connection.execute(EVENTS).fetchall():
        if event["id"] in account.objects["events"]:
            continue
        about = event["data"]["object"]
        if event["type"].startswith("customer.subscription."):
            _subscribe(account, about, told)
        account.event(event["id"], event["type"], about, told)


def deliver(connection: psycopg.Connection[Any], event: Mapping[str, Any]) -> None:
    """Take an event as the webhook does: the row that waits for it, or a new one, is processed."""
    if connection.execute(HEARD, [event["id"]]).fetchone():
        return
    number = UUID(md5(event["id"].encode(), usedforsecurity=False).hexdigest())
    told = datetime.fromtimestamp(event["created"], CLOCK.tzinfo)
    connection.execute(RECORD, [number, event["type"], Jsonb(dict(event)), told])


def _begin(account: Account) -> None:
    for tier, amount in TIERS.items():
        account.price(f"price_{tier}_monthly", product=f"prod_aias_{tier}", unit_amount=amount)
    account.add(
        "webhook_endpoints",
        ENDPOINT,
        CLOCK - timedelta(days=400),
        url=URL,
        enabled_events=list(HANDLED),
    )


def _subscribe(account: Account, about: Mapping[str, Any], told: datetime) -> None:
    """A subscription as its newest event has it, of a customer who is there."""
    customer = about["customer"]
    if customer not in account.objects["customers"]:
        account.add("customers", customer, told, metadata=dict(about.get("metadata", {})))
    known = account.objects["subscriptions"].get(about["id"])
    created = datetime.fromtimestamp(known["created"], told.tzinfo) if known else told - RENEWED
    said = {name: value for name, value in about.items() if name not in ("id", "created")}
    said["livemode"] = account.live
    account.add("subscriptions", about["id"], created, **said)
