"""What of Stripe's objects is about people: it is dropped before anything here sees or keeps it."""

from collections.abc import Mapping
from typing import Any

PERSONAL = frozenset({
    "address", "billing_details", "card", "customer_address", "customer_details", "customer_email",
    "customer_name", "customer_phone", "customer_shipping", "customer_tax_ids", "email",
    "individual_name", "name", "payment_method_details", "phone", "receipt_email", "receipt_url",
    "shipping", "shipping_details", "tax_ids",
})  # fmt: skip
"""Fields, at the top of an object or of the object of an event."""


def impersonal(found: Mapping[str, Any]) -> dict[str, Any]:
    """
    The object without those fields.

    An invariant links by ids and metadata and never by an address, so it misses nothing.
    """
    kept = {name: value for name, value in found.items() if name not in PERSONAL}
    data = kept.get("data") if kept.get("object") == "event" else None
    if isinstance(data, Mapping) and isinstance(data.get("object"), Mapping):
        kept["data"] = {"object": impersonal(data["object"])}
    return kept
