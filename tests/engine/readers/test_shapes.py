"""
What the reader meets in Stripe: the recorded shapes of its public fixtures, field by field.

`shapes.json` has, for each object that is read, its fields and the JSON type of each, as the
fixtures of Stripe's OpenAPI description of 2026-08-21 have them; it has none of their values.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.readers.conftest import NOW, Opener
from trueup.library.linked import customer_of
from trueup.library.mirror import period_end, prices_of
from trueup.readers.stripe.personal import impersonal
from trueup.readers.stripe.reader import Stripe
from trueup.sample.stripe import Account
from trueup.sample.stripe.account import KINDS
from trueup.sample.stripe.objects import PERIOD, item

SHAPES = json.loads((Path(__file__).parent / "shapes.json").read_text())

SOME: dict[str, Any] = {
    "string": "1",
    "number": 5,
    "boolean": False,
    "array": [],
    "object": {},
    "null": None,
}


def shaped(kind: str, number: str) -> dict[str, Any]:
    """An object of a recorded shape."""
    found = {name: SOME[of] for name, of in SHAPES[kind].items()}
    created = int(NOW.timestamp()) - 7200
    return {**found, "id": number, "object": kind, "created": created, "livemode": False}


def json_type(value: object) -> str:
    """The JSON type of a value."""
    kinds = {bool: "boolean", int: "number", str: "string", list: "array", dict: "object"}
    return "null" if value is None else kinds[type(value)]


def reads(stripe: Stripe) -> dict[str, Iterable[Any]]:
    """The list of each kind that the reader has."""
    return {
        "customer": stripe.customers(),
        "price": stripe.prices(),
        "subscription": stripe.subscriptions(),
        "event": stripe.events(["1"], 1),
        "webhook_endpoint": stripe.webhook_endpoints(),
        "payment_intent": stripe.payment_intents(),
        "charge": stripe.charges(),
        "refund": stripe.refunds(),
        "invoice": stripe.invoices(),
        "checkout.session": stripe.checkout_sessions(),
    }


@pytest.mark.parametrize("kind", sorted(set(KINDS.values()) - {"product"}))
def test_an_object_of_the_recorded_shape_is_read_whole(
    account: Account, reader: Opener, kind: str
) -> None:
    [path] = [path for path, named in KINDS.items() if named == kind]
    given = shaped(kind, "xx_1A")
    if kind == "checkout.session":
        given["status"] = "complete"
    account.objects[path] = {"xx_1A": given}

    assert list(reads(reader())[kind]) == [impersonal(given)]


@pytest.mark.parametrize("path", KINDS)
def test_the_stand_ins_objects_have_the_recorded_types(account: Account, path: str) -> None:
    kind = KINDS[path]
    made = account.add(path, "xx_1A", NOW)

    differ = {
        name: (json_type(value), SHAPES[kind][name])
        for name, value in made.items()
        if name in SHAPES[kind] and "null" not in (json_type(value), SHAPES[kind][name])
        if json_type(value) != SHAPES[kind][name]
    }

    assert differ == {}


def test_a_subscription_of_the_recorded_shape_says_what_a_mirror_compares() -> None:
    one = shaped("subscription", "sub_1A")
    first = {**shaped("subscription_item", "si_1A"), "price": {"id": "price_pro"}}
    first["current_period_end"] = int(NOW.timestamp()) + PERIOD
    one["items"] = {"object": "list", "data": [first]}
    one["customer"] = {"id": "cus_1A", "object": "customer"}

    assert "current_period_end" in SHAPES["subscription_item"]
    assert "current_period_end" not in SHAPES["subscription"]
    assert period_end(one) == datetime.fromtimestamp(int(NOW.timestamp()) + PERIOD, UTC)
    assert prices_of(one) == ["price_pro"]
    assert customer_of(one) == "cus_1A"


def test_the_stand_ins_item_has_the_recorded_types() -> None:
    made = item("sub_1A", {"id": "price_pro"}, int(NOW.timestamp()))
    recorded = SHAPES["subscription_item"]

    for name in ("id", "object", "quantity", "subscription", "current_period_end", "price"):
        assert json_type(made[name]) == recorded[name]
