"""The stand-in is held to Stripe: by the SDK's parameters, by its objects, by what it refuses."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
import stripe
from stripe import params
from stripe.checkout import Session
from stripe.params.checkout import SessionListParams

from engine.readers.conftest import NOW
from trueup.sample.stripe import Account, StandIn
from trueup.sample.stripe.lists import FILTERS, PAGING
from trueup.sample.stripe.server import READER, WRITER

TYPES = {
    "customers": (stripe.Customer, params.CustomerListParams),
    "products": (stripe.Product, params.ProductListParams),
    "prices": (stripe.Price, params.PriceListParams),
    "subscriptions": (stripe.Subscription, params.SubscriptionListParams),
    "events": (stripe.Event, params.EventListParams),
    "webhook_endpoints": (stripe.WebhookEndpoint, params.WebhookEndpointListParams),
    "payment_intents": (stripe.PaymentIntent, params.PaymentIntentListParams),
    "charges": (stripe.Charge, params.ChargeListParams),
    "refunds": (stripe.Refund, params.RefundListParams),
    "invoices": (stripe.Invoice, params.InvoiceListParams),
    "checkout/sessions": (Session, SessionListParams),
}


@pytest.fixture
def every(account: Account) -> Account:
    """An account with one object of each kind at least."""
    for path, number in (
        ("products", "prod_1"),
        ("webhook_endpoints", "we_1"),
        ("payment_intents", "pi_1"),
        ("charges", "ch_1"),
        ("refunds", "re_1"),
        ("invoices", "in_1"),
        ("checkout/sessions", "cs_test_1"),
    ):
        account.add(path, number, NOW, **({"url": "https://x"} if number == "we_1" else {}))
        if path in ("payment_intents", "charges", "refunds"):
            account.objects[path][number]["amount"] = 5
    account.event("evt_1", "invoice.paid", account.objects["invoices"]["in_1"], NOW)
    return account


def get(stand_in: StandIn, path: str, key: str = READER, **asked: object) -> httpx.Response:
    """Ask it without the SDK."""
    headers = {"Authorization": f"Bearer {key}"}
    said = {name: str(value) for name, value in asked.items()}
    return httpx.get(f"{stand_in.url}/v1/{path}", params=said, headers=headers)


def test_a_deleted_customer_is_found_and_not_listed(account: Account, stand_in: StandIn) -> None:
    account.objects["customers"]["cus_00000A"]["deleted"] = True

    assert get(stand_in, "customers/cus_00000A").json()["deleted"] is True
    [first] = get(stand_in, "customers", limit=1).json()["data"]
    assert first["id"] == "cus_00001A"


@pytest.mark.parametrize("path", TYPES)
def test_an_object_has_the_fields_that_the_sdk_knows_and_all_that_must_be_there(
    every: Account, path: str
) -> None:
    kind, _ = TYPES[path]
    fields = {name: str(hint) for name, hint in kind.__annotations__.items()}
    must = {name for name, hint in fields.items() if "Optional" not in hint} - {"OBJECT_NAME"}

    for found in every.objects[path].values():
        assert found.keys() <= fields.keys()
        assert must - {"deleted"} <= found.keys()
        assert found["object"] == vars(kind)["OBJECT_NAME"]


def test_an_item_has_the_fields_that_the_sdk_knows(account: Account) -> None:
    fields = stripe.SubscriptionItem.__annotations__

    for one in account.objects["subscriptions"].values():
        assert one["items"]["data"][0].keys() <= fields.keys()
        assert "current_period_end" not in one


@pytest.mark.parametrize("path", TYPES)
def test_a_list_takes_no_filter_that_the_sdk_does_not_know(path: str) -> None:
    _, asked = TYPES[path]
    known = set(vars(asked)["__annotations__"])

    assert set(FILTERS[path]) | {name.removesuffix("[]") for name in PAGING} <= known


@pytest.mark.parametrize("path", TYPES)
def test_a_filter_that_it_does_not_know_is_refused(stand_in: StandIn, path: str) -> None:
    answer = get(stand_in, path, surprise="1")

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "parameter_unknown"
    assert answer.json()["error"]["param"] == "surprise"


def test_canceled_ones_are_left_out_unless_asked_for(account: Account, stand_in: StandIn) -> None:
    account.objects["subscriptions"]["sub_00000A"]["status"] = "canceled"
    account.objects["subscriptions"]["sub_00001A"]["status"] = "incomplete_expired"

    def listed(**asked: str) -> object:
        return {
            one["id"] for one in get(stand_in, "subscriptions", limit=3, **asked).json()["data"]
        }

    assert listed() == {"sub_00002A", "sub_00003A", "sub_00004A"}
    assert listed(status="all") == {"sub_00000A", "sub_00001A", "sub_00002A"}
    assert listed(status="ended") == {"sub_00000A", "sub_00001A"}
    assert listed(status="canceled") == {"sub_00000A"}


def test_pages_go_on_after_a_cursor_and_back_before_one(stand_in: StandIn) -> None:
    def listed(**asked: str) -> object:
        answer = get(stand_in, "customers", limit=2, **asked).json()
        return [one["id"] for one in answer["data"]], answer["has_more"]

    assert listed() == (["cus_00000A", "cus_00001A"], True)
    assert listed(starting_after="cus_00247A") == (["cus_00248A", "cus_00249A"], False)
    assert listed(ending_before="cus_00003A") == (["cus_00001A", "cus_00002A"], True)


@pytest.mark.parametrize("limit", ["0", "101", "ten"])
def test_a_limit_that_stripe_refuses_is_refused(stand_in: StandIn, limit: str) -> None:
    assert get(stand_in, "customers", limit=limit).status_code == 400


def test_created_bounds_are_kept(stand_in: StandIn) -> None:
    newest = int((NOW - timedelta(hours=1)).timestamp())

    def count(**asked: Any) -> int:
        return len(get(stand_in, "customers", limit=100, **asked).json()["data"])

    assert count(created=newest) == 1
    assert count(**{"created[gte]": newest - 3600}) == 2
    assert count(**{"created[gt]": newest - 3600}) == 1
    assert count(**{"created[lt]": newest, "created[gte]": newest - 7200}) == 2


def test_events_can_be_asked_for_by_several_types(every: Account, stand_in: StandIn) -> None:
    every.event("evt_2", "charge.refunded", {"id": "ch_1"}, NOW)
    every.event("evt_3", "charge.updated", {"id": "ch_1"}, NOW)

    answer = get(stand_in, "events", **{"types[0]": "invoice.paid", "types[1]": "charge.refunded"})

    assert {one["id"] for one in answer.json()["data"]} == {"evt_1", "evt_2"}


def test_what_is_expanded_is_whole(stand_in: StandIn) -> None:
    answer = get(stand_in, "subscriptions/sub_00001A", **{"expand[]": "customer"})

    assert answer.json()["customer"]["object"] == "customer"


def test_a_key_that_reads_may_not_write(every: Account, stand_in: StandIn) -> None:
    def retry(key: str) -> int:
        url = f"{stand_in.url}/v1/events/evt_1/retry"
        data = {"webhook_endpoint": "we_1"}
        return httpx.post(url, data=data, headers={"Authorization": f"Bearer {key}"}).status_code

    assert [retry("rk_test_nobodys"), retry(READER), retry(WRITER)] == [401, 403, 200]
    assert every.retried == [{"event": "evt_1", "webhook_endpoint": "we_1"}]


def test_it_listens_on_loopback_alone(stand_in: StandIn) -> None:
    assert stand_in.server is not None
    assert stand_in.server.server_address[0] == "127.0.0.1"


def test_it_knows_nothing_of_another_path(stand_in: StandIn) -> None:
    assert get(stand_in, "balance").status_code == 404
    assert get(stand_in, "customers/cus_nobody1").json()["error"]["code"] == "resource_missing"
