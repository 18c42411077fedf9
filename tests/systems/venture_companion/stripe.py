"""Cursor Venture Companion's Stripe account: profiles keep no more of it than who pays for what."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import md5
from typing import Any

import psycopg

from trueup.sample import CLOCK
from trueup.sample.stripe import Account

ENDPOINT = "we_venture_companion"
URL = "https://api.venture-companion.example/billing/webhook"
HANDLED = (
    "checkout.session.completed",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "invoice.payment_succeeded",
    "invoice.payment_failed",
)

PRICES = {
    "free": "price_pro_monthly",
    "pro": "price_pro_monthly",
    "pro+": "price_pro_plus_monthly",
    "enterprise": "price_enterprise_monthly",
}
"""What a profile's tier is bought at; who pays and has the free one has bought the next."""

PROFILES = r"""
    select user_id::text, stripe_customer_id, subscription_status, subscription_tier,
           subscription_current_period_end, created_at at time zone 'UTC'
    from user_profiles
    where stripe_customer_id <> '' and stripe_customer_id not like 'cus\_elsewhere%'
    order by id
"""

EVENTS = """
    select stripe_event_id, event_type, coalesce(created_at, processed_at, %s) as told
    from stripe_webhook_events
    order by told, stripe_event_id
"""

HEARD = """
    insert into stripe_webhook_events (
        stripe_event_id, event_type, processed_at, status, created_at
    )
    values (%s, %s, %s, 'processed', %s)
    on conflict (stripe_event_id) do update
    set status = 'processed', processed_at = excluded.processed_at, error_message = null
"""

PAID = """
    update user_profiles set subscription_status = 'active'
    where stripe_customer_id = %s and subscription_status <> 'active'
"""

CHANGED = """
    update user_profiles
    set subscription_status = %s, subscription_current_period_end = %s
    where stripe_customer_id = %s and subscription_status <> %s
"""


def follow(connection: psycopg.Connection[Any], account: Account) -> None:
    """
    Let each profile's customer have what the profile says, and what was heard have been told.

    Of a customer `cus_elsewhere…` this account knows nothing: it is of another.
    """
    if not account.objects["webhook_endpoints"]:
        _begin(account)
    for user, customer, status, tier, ends, since in connection.execute(PROFILES).fetchall():
        if customer in account.objects["customers"]:
            continue
        account.add("customers", customer, since, metadata={"user_id": user})
        if status == "active" or ends is not None:
            subscribe(account, customer, user, tier or "free", ends, is_live=status == "active")
    for number, kind, told in connection.execute(EVENTS, [CLOCK]).fetchall():
        if number not in account.objects["events"]:
            account.event(number, kind, _about(account, number, kind), told)


def deliver(connection: psycopg.Connection[Any], event: Mapping[str, Any]) -> None:
    """Do what the webhook does: update, never set a tier, take all but active for inactive."""
    about, kind = event["data"]["object"], event["type"]
    customer = about.get("customer")
    told = datetime.fromtimestamp(event["created"], CLOCK.tzinfo)
    if kind == "checkout.session.completed":
        connection.execute(PAID, [customer])
    elif kind.startswith("customer.subscription."):
        status = "active" if about["status"] == "active" else "inactive"
        [item] = about["items"]["data"]
        ends = datetime.fromtimestamp(item["current_period_end"], CLOCK.tzinfo)
        connection.execute(CHANGED, [status, ends, customer, status])
    connection.execute(HEARD, [event["id"], kind, CLOCK, told])


def subscription_of(customer: str) -> str:
    """The id of a customer's subscription."""
    return f"sub_{md5(customer.encode(), usedforsecurity=False).hexdigest()[:18]}"


def subscribe(
    account: Account,
    customer: str,
    user: str,
    tier: str,
    ends: datetime | None,
    *,
    is_live: bool = True,
) -> None:
    """A subscription of two months ago, or one that has ended since."""
    account.subscription(
        subscription_of(customer),
        customer,
        PRICES[tier],
        created=CLOCK - timedelta(days=60),
        ends=ends or CLOCK + timedelta(days=20),
        status="active" if is_live else "canceled",
        metadata={"user_id": user},
    )


def _begin(account: Account) -> None:
    account.price("price_pro_monthly", product="prod_pro", unit_amount=2900)
    account.price("price_pro_yearly", product="prod_pro", unit_amount=29000)
    account.price("price_pro_plus_monthly", product="prod_pro_plus", unit_amount=5900)
    account.price("price_enterprise_monthly", product="prod_enterprise", unit_amount=49900)
    account.add(
        "webhook_endpoints",
        ENDPOINT,
        CLOCK - timedelta(days=400),
        url=URL,
        enabled_events=list(HANDLED),
    )


def _about(account: Account, number: str, kind: str) -> Mapping[str, Any]:
    """What an event was about: no table keeps it, so that each gets some subscription's."""
    is_over = kind == "customer.subscription.deleted"
    choice = [
        one
        for _, one in sorted(account.objects["subscriptions"].items())
        if (one["status"] != "active") is is_over
    ]
    one = choice[int(md5(number.encode(), usedforsecurity=False).hexdigest(), 16) % len(choice)]
    if kind.startswith("customer.subscription."):
        return one
    about = "checkout.session" if kind.startswith("checkout") else "invoice"
    return {"id": f"{about[:2]}_{number[4:]}", "object": about, "customer": one["customer"]}
