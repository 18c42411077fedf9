"""Stripe's objects, as far as anybody here reads them: every field that the SDK says is there."""

from collections.abc import Mapping
from typing import Any

Object = dict[str, Any]

PERIOD = 30 * 86_400

_NULLS = {
    "customer": ("default_source", "test_clock", "email", "name"),
    "product": ("default_price", "tax_code"),
    "price": ("tax_behavior", "tiers_mode", "lookup_key"),
    "subscription": (
        "application", "default_payment_method", "default_source", "latest_invoice",
        "on_behalf_of", "pending_setup_intent", "schedule", "test_clock", "cancel_at",
        "canceled_at", "ended_at", "trial_start", "trial_end", "pause_collection",
    ),
    "webhook_endpoint": ("application", "description"),
    "payment_intent": (
        "application", "cancellation_reason", "latest_charge", "on_behalf_of", "payment_method",
        "payment_record", "review", "setup_future_usage", "source", "customer",
    ),
    "charge": (
        "application", "application_fee", "balance_transaction", "customer",
        "failure_balance_transaction", "on_behalf_of", "payment_intent", "review", "source",
        "source_transfer", "transfer",
    ),
    "refund": (
        "balance_transaction", "charge", "customer", "failure_balance_transaction",
        "payment_intent", "payment_method", "pending_reason", "reason",
        "source_transfer_reversal", "transfer_reversal",
    ),
    "invoice": (
        "application", "billing_reason", "customer", "customer_tax_exempt",
        "default_payment_method", "default_source", "latest_revision", "on_behalf_of",
        "test_clock", "parent",
    ),
    "checkout.session": (
        "billing_address_collection", "customer", "customer_creation", "invoice", "locale",
        "origin_context", "payment_intent", "payment_link", "payment_method_collection",
        "redirect_on_completion", "setup_intent", "submit_type", "subscription",
        "client_reference_id",
    ),
}  # fmt: skip
"""Fields that are there and empty, unless somebody says otherwise."""

_GIVEN: Mapping[str, Mapping[str, Any]] = {
    "customer": {"tax_exempt": "none", "metadata": {}},
    "product": {
        "active": True, "images": [], "marketing_features": [], "metadata": {}, "name": "A plan",
        "type": "service", "updated": 0,
    },
    "price": {
        "active": True, "billing_scheme": "per_unit", "currency": "usd", "metadata": {},
        "type": "recurring", "unit_amount": 999,
    },
    "subscription": {
        "automatic_tax": {"enabled": False}, "billing_mode": {"type": "flexible"},
        "billing_schedules": [], "cancel_at_period_end": False,
        "collection_method": "charge_automatically", "currency": "usd", "discounts": [],
        "invoice_settings": {"issuer": {"type": "self"}}, "metadata": {}, "status": "active",
    },
    "event": {"pending_webhooks": 0, "request": None},
    "webhook_endpoint": {"metadata": {}, "status": "enabled", "enabled_events": ["*"]},
    "payment_intent": {
        "amount_capturable": 0, "capture_method": "automatic", "confirmation_method": "automatic",
        "currency": "usd", "metadata": {}, "payment_method_types": ["card"], "status": "succeeded",
    },
    "charge": {
        "amount_refunded": 0, "billing_details": {}, "captured": True, "currency": "usd",
        "disputed": False, "metadata": {}, "paid": True, "refunded": False, "status": "succeeded",
    },
    "refund": {"currency": "usd", "metadata": {}, "status": "succeeded"},
    "invoice": {
        "amount_overpaid": 0, "amount_shipping": 0, "attempt_count": 1, "attempted": True,
        "automatic_tax": {"enabled": False}, "collection_method": "charge_automatically",
        "currency": "usd", "default_tax_rates": [], "discounts": [], "issuer": {"type": "self"},
        "metadata": {}, "payment_settings": {}, "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0, "starting_balance": 0, "status": "paid",
        "status_transitions": {},
    },
    "checkout.session": {
        "automatic_tax": {"enabled": False}, "custom_fields": [], "custom_text": {},
        "metadata": {}, "mode": "payment", "payment_method_types": ["card"],
        "payment_status": "paid", "shipping_options": [], "status": "complete",
        "ui_mode": "hosted_page",
    },
}  # fmt: skip


def made(kind: str, number: str, created: int, said: Mapping[str, Any]) -> Object:
    """One object with every field that its kind has; what is `said` stands above the rest."""
    found: Object = {
        "id": number,
        "object": kind,
        "created": created,
        "livemode": False,
        **dict.fromkeys(_NULLS.get(kind, ())),
        **_GIVEN.get(kind, {}),
        **_derived(kind, created, said),
        **said,
    }
    return found


def listed(url: str, objects: list[Object], *, more: bool = False) -> Object:
    """Objects as Stripe lists them."""
    return {"object": "list", "url": url, "has_more": more, "data": objects}


def item(subscription: str, price: Object, ends: int) -> Object:
    """The one item of a subscription: the price that is paid, and the period it is paid for."""
    return {
        "id": f"si_{subscription.removeprefix('sub_')}",
        "object": "subscription_item",
        "created": ends - PERIOD,
        "current_period_start": ends - PERIOD,
        "current_period_end": ends,
        "discounts": [],
        "metadata": {},
        "plan": {"id": price["id"], "object": "plan"},
        "price": price,
        "quantity": 1,
        "subscription": subscription,
    }


def _derived(kind: str, created: int, said: Mapping[str, Any]) -> Object:
    amount = int(said.get("amount", 0))
    if kind == "subscription":
        return {"billing_cycle_anchor": created, "start_date": created}
    if kind == "payment_intent":
        return {"amount_received": amount}
    if kind == "charge":
        return {"amount_captured": amount}
    if kind == "checkout.session":
        return {"expires_at": created + 86_400}
    if kind == "invoice":
        total = int(said.get("total", 0))
        return {
            "amount_due": total,
            "amount_paid": total,
            "amount_remaining": 0,
            "lines": listed(f"/v1/invoices/{said.get('id', '')}/lines", []),
            "period_end": created,
            "period_start": created - PERIOD,
            "subtotal": total,
            "total": total,
        }
    return {}
