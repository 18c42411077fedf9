"""The reader: whole lists or none, GET or nothing, and once for a whole run."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from engine.readers.conftest import NOW, Opener
from trueup.errors import GuardError, StripeError
from trueup.readers.stripe import lists, transport
from trueup.readers.stripe import reader as module
from trueup.readers.stripe.reader import VERSION
from trueup.sample.stripe import Account, StandIn
from trueup.sample.stripe.server import Trouble


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "FIRST_PAUSE", 0.001)


def ids(found) -> list[str]:
    """The ids of objects, sorted."""
    return sorted(one["id"] for one in found)


def test_every_subscription_is_read_once_whatever_its_status(
    account: Account, reader: Opener
) -> None:
    account.objects["subscriptions"]["sub_00007A"]["status"] = "canceled"

    found = ids(reader().subscriptions())

    assert found == sorted(account.objects["subscriptions"])


def test_a_list_of_many_windows_is_whole(
    account: Account, reader: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PAGE", 7)
    monkeypatch.setattr(lists, "PAGES", 2)

    assert ids(reader().subscriptions()) == sorted(account.objects["subscriptions"])


def test_objects_of_one_second_are_all_read(
    account: Account, reader: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in account.objects["subscriptions"].values():
        one["created"] = int(NOW.timestamp()) - 5000
    monkeypatch.setattr(lists, "PAGE", 7)
    monkeypatch.setattr(lists, "PAGES", 2)

    assert len(ids(reader().subscriptions())) == 250


def test_a_list_is_fetched_once_by_all_processes_of_a_run(
    stand_in: StandIn, reader: Opener
) -> None:
    first, second = reader(), reader()
    found = ids(first.subscriptions())
    asked = stand_in.requests

    assert ids(second.subscriptions()) == ids(first.subscriptions()) == found
    assert stand_in.requests == asked


def test_two_who_ask_at_once_fetch_once(stand_in: StandIn, reader: Opener) -> None:
    first, second = reader(), reader()
    assert first.now == second.now
    stand_in.requests = 0

    with ThreadPoolExecutor(2) as both:
        found = list(both.map(lambda stripe: ids(stripe.subscriptions()), (first, second)))

    assert found[0] == found[1]
    assert stand_in.requests == 3


def test_another_run_asks_again(account: Account, reader: Opener) -> None:
    ids(reader("one").subscriptions())
    account.remove("subscriptions", ["sub_00001A"])

    assert "sub_00001A" not in ids(reader("two").subscriptions())


def test_the_version_is_said_and_the_machine_is_not(stand_in: StandIn, reader: Opener) -> None:
    seen: list[dict[str, str]] = []

    def note(request: httpx.Request) -> None:
        seen.append(dict(request.headers))

    stripe = reader()
    stripe._transport._client.event_hooks = {"request": [note]}

    assert stripe.now == NOW

    names = {name.lower() for headers in seen for name in headers}
    own = {"accept", "accept-encoding", "connection", "host"}
    assert {headers["stripe-version"] for headers in seen} == {VERSION}
    assert names <= own | {"authorization", "stripe-version", "user-agent"}
    assert not any("platform" in str(headers) for headers in seen)


@pytest.mark.parametrize("method", ["post", "delete", "put", "patch"])
def test_nothing_but_a_question_goes_out(stand_in: StandIn, reader: Opener, method: str) -> None:
    stripe = reader()
    client = stripe._transport

    with pytest.raises(GuardError, match=f"refused to {method.upper()} /v1/refunds"):
        client.request(method, f"{stand_in.url}/v1/refunds", {}, None)

    assert stand_in.requests == 0


def test_the_sdk_itself_cannot_write_through_it(stand_in: StandIn, reader: Opener) -> None:
    stripe = reader()

    with pytest.raises(GuardError, match="refused to POST /v1/customers"):
        stripe._client.v1.customers.create({})
    with pytest.raises(GuardError, match="refused to DELETE /v1/customers"):
        stripe._client.v1.customers.delete("cus_00001A")
    assert stand_in.requests == 0


def test_an_object_of_the_other_mode_makes_the_list_none(account: Account, reader: Opener) -> None:
    account.objects["subscriptions"]["sub_00200A"]["livemode"] = True

    with pytest.raises(StripeError, match="subscriptions that are not of test mode"):
        list(reader().subscriptions())


def test_too_many_requests_are_waited_out(stand_in: StandIn, reader: Opener) -> None:
    asked: Counter[str] = Counter()

    def storm(method, path, params):
        asked[path] += 1
        return Trouble(429) if asked[path] <= 4 else None

    stand_in.before = storm

    assert len(ids(reader().subscriptions())) == 250


@pytest.mark.parametrize("trouble", [Trouble(429), Trouble(500), Trouble(cut=True)])
def test_a_list_that_cannot_be_had_whole_is_none_to_all(
    stand_in: StandIn, reader: Opener, trouble: Trouble
) -> None:
    def second_page(method, path, params):
        return trouble if "starting_after" in params else None

    stand_in.before = second_page
    first, second = reader(), reader()

    with pytest.raises(StripeError, match="did not answer /v1/subscriptions in 6 attempts"):
        list(first.subscriptions())
    asked = stand_in.requests
    with pytest.raises(StripeError, match="did not answer /v1/subscriptions in 6 attempts"):
        list(second.subscriptions())
    assert stand_in.requests == asked


def test_a_page_that_comes_again_is_asked_for_again(stand_in: StandIn, reader: Opener) -> None:
    pages: list[str] = []

    def repeat(method, path, params):
        if "starting_after" in params and len(pages) < 2:
            pages.append(path)
            return Trouble(page=stand_in.got(path, {"limit": ["100"], "status": ["all"]}))
        return None

    stand_in.before = repeat

    assert len(ids(reader().subscriptions())) == 250


def test_a_page_that_always_comes_again_ends_it(stand_in: StandIn, reader: Opener) -> None:
    def repeat(method, path, params):
        first = {"limit": ["100"], "status": ["all"]}
        return Trouble(page=stand_in.got(path, first)) if "starting_after" in params else None

    stand_in.before = repeat

    with pytest.raises(StripeError, match="the same page of subscriptions again and again"):
        list(reader().subscriptions())


def test_a_cursor_that_is_deleted_between_pages_loses_nothing(
    account: Account, stand_in: StandIn, reader: Opener
) -> None:
    deleted: list[str] = []

    def vanish(method, path, params):
        if "starting_after" in params and not deleted:
            deleted.append(params["starting_after"][0])
            account.remove("subscriptions", deleted)

    stand_in.before = vanish
    before = set(account.objects["subscriptions"])

    found = set(ids(reader().subscriptions()))

    assert before - set(deleted) <= found <= before


def test_what_the_key_may_not_read_is_said(stand_in: StandIn, reader: Opener) -> None:
    stand_in.forbidden = {"subscriptions"}

    with pytest.raises(StripeError, match="the key may not read subscriptions"):
        list(reader().subscriptions())


def test_a_key_that_stripe_does_not_know_is_said(reader: Opener) -> None:
    with pytest.raises(StripeError, match="Stripe does not know the key"):
        list(reader(secret="rk_test_somebodyelses").subscriptions())


def test_a_key_of_the_wrong_mode_asks_nothing(stand_in: StandIn, reader: Opener) -> None:
    with pytest.raises(GuardError, match="a key of test mode"):
        list(reader(live=True).subscriptions())
    assert stand_in.requests == 0


def test_the_budget_ends_it(stand_in: StandIn, reader: Opener) -> None:
    stand_in.before = lambda *_: Trouble(429, retry_after=5)

    with pytest.raises(StripeError, match="given 1 s in this run"):
        list(reader(budget=1.0).subscriptions())


def test_an_object_is_looked_at_again_as_it_is_now(account: Account, reader: Opener) -> None:
    stripe = reader()
    ids(stripe.subscriptions())
    account.objects["subscriptions"]["sub_00003A"]["status"] = "canceled"

    assert stripe.subscription("sub_00003A")["status"] == "canceled"
    assert stripe.subscription("sub_nobodys1") is None
    assert ids(stripe.subscriptions_of("cus_00003A")) == ["sub_00003A"]
    assert stripe.subscriptions_of("cus_nobodys1") == []


def test_what_changed_a_moment_ago_is_known_by_its_events(account: Account, reader: Opener) -> None:
    kind = "customer.subscription.updated"
    one, other = (account.objects["subscriptions"][f"sub_0000{n}A"] for n in (1, 2))
    account.event("evt_1", kind, one, NOW - timedelta(minutes=14))
    account.event("evt_2", kind, other, NOW - timedelta(minutes=16))
    account.event("evt_3", "invoice.upcoming", other, NOW - timedelta(minutes=1))

    assert reader().changed([kind]) == {"sub_00001A", "cus_00001A"}


def test_nothing_about_people_is_seen_or_kept(
    account: Account, reader: Opener, tmp_path: Path
) -> None:
    one = account.objects["customers"]["cus_00001A"]
    one.update(email="ada@example.com", name="Ada", phone="+44 20", metadata={"user_id": "7"})
    account.event("evt_1", "customer.updated", one, NOW - timedelta(hours=1))
    stripe = reader()

    [found] = [c for c in stripe.customers() if c["id"] == "cus_00001A"]
    [event] = stripe.events(["customer.updated"], 1)

    assert found["metadata"] == event["data"]["object"]["metadata"] == {"user_id": "7"}
    kept = "".join(file.read_text() for file in tmp_path.rglob("*.jsonl"))
    assert "ada@example.com" not in kept
    assert "Ada" not in f"{found}{event}{kept}"


def test_those_after_the_first_five_hundred_are_judged_by_the_lists(
    account: Account, reader: Opener, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AGAIN", 3)
    stripe = reader()
    ids(stripe.subscriptions())
    ids(stripe.customers())
    for number in (2, 4):
        account.objects["subscriptions"][f"sub_{number:05}A"]["status"] = "canceled"
    numbers = [*range(6), 99999]
    customers = [f"cus_{number:05}A" for number in numbers]
    asked = stand_in.requests

    again = stripe.again([f"sub_{number:05}A" for number in numbers])
    status = {number: one and one["status"] for number, one in again.items()}

    assert len(status) == len(numbers)
    assert status["sub_00002A"] == "canceled"
    assert status["sub_00004A"] == "active"
    assert status["sub_99999A"] is None
    assert [one is not None for one in stripe.customers_again(customers).values()] == [
        *[True] * 6,
        False,
    ]
    assert list(stripe.subscribing(customers).values()) == [*[True] * 6, False]
    assert stand_in.requests == asked + 9


@pytest.mark.parametrize("most", [500, 1], ids=["one by one", "by a list"])
def test_an_older_payment_has_its_session_however_many_there_are(
    account: Account, reader: Opener, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(module, "AGAIN", most)
    for number, days in enumerate((1, 40, 400)):
        account.add(
            "checkout/sessions",
            f"cs_{number}",
            NOW - timedelta(days=days),
            status="complete",
            payment_intent=f"pi_{number}",
        )
    stripe = reader()
    ids(stripe.checkout_sessions())
    asked = stand_in.requests

    sold = stripe.sessions_of(["pi_0", "pi_1", "pi_2", "pi_8", "pi_9", None])

    assert {payment: one and one["id"] for payment, one in sold.items()} == {
        "pi_0": "cs_0",
        "pi_1": "cs_1",
        "pi_2": "cs_2",
        "pi_8": None,
        "pi_9": None,
    }
    assert stand_in.requests == asked + (4 if most == 500 else 1)


def test_nobody_has_an_empty_id(reader: Opener, stand_in: StandIn) -> None:
    stripe = reader()
    asked = stand_in.requests

    assert stripe.customer("") is None
    assert stripe.subscription("") is None
    assert stand_in.requests == asked


def test_a_customer_is_looked_at_again_as_it_is_now(account: Account, reader: Opener) -> None:
    stripe = reader()
    ids(stripe.customers())
    ids(stripe.subscriptions())
    account.objects["customers"]["cus_00003A"]["deleted"] = True
    account.remove("subscriptions", ["sub_00004A"])

    found = stripe.customers_again(["cus_00003A", "cus_00004A", "cus_nobodys1"])

    assert {number: one and one["id"] for number, one in found.items()} == {
        "cus_00003A": None,
        "cus_00004A": "cus_00004A",
        "cus_nobodys1": None,
    }
    assert stripe.subscribing(["cus_00003A", "cus_00004A", "cus_nobodys1"]) == {
        "cus_00003A": True,
        "cus_00004A": False,
        "cus_nobodys1": False,
    }


def test_without_a_second_look_the_lists_are_all_there_is(
    account: Account, reader: Opener, stand_in: StandIn
) -> None:
    stripe = reader(second_look=False)
    ids(stripe.subscriptions())
    ids(stripe.customers())
    one = account.objects["subscriptions"]["sub_00003A"]
    one["status"] = "canceled"
    account.objects["customers"]["cus_00003A"]["deleted"] = True
    account.remove("subscriptions", ["sub_00004A"])
    account.event("evt_1", "customer.subscription.deleted", one, NOW)
    asked = stand_in.requests

    assert stripe.again(["sub_00003A"])["sub_00003A"]["status"] == "active"
    assert stripe.again(["sub_nobodys1"]) == {"sub_nobodys1": None}
    assert stripe.changed(["customer.subscription.deleted"]) == frozenset()
    assert stripe.customers_again(["cus_00003A"])["cus_00003A"] is not None
    assert stripe.customers_again(["cus_nobodys1"]) == {"cus_nobodys1": None}
    both = ["cus_00004A", "cus_nobodys1"]
    assert stripe.subscribing(both) == {"cus_00004A": True, "cus_nobodys1": False}
    assert stand_in.requests == asked


def test_stripes_clock_counts_and_not_the_machines(
    account: Account, stand_in: StandIn, reader: Opener
) -> None:
    stand_in.skew = timedelta(hours=3)

    assert reader().now == NOW + timedelta(hours=3)


def test_events_are_narrowed_by_type_and_time(account: Account, reader: Opener) -> None:
    for number, kind in enumerate(["invoice.paid", "invoice.paid", "charge.refunded"]):
        about = {"id": f"in_{number}"}
        account.event(f"evt_{number}", kind, about, NOW - timedelta(hours=20 * number + 1))
    account.undelivered = {"evt_1"}
    stripe = reader()

    assert ids(stripe.events(["invoice.paid"], 1)) == ["evt_0", "evt_1"]
    assert ids(stripe.undelivered(["invoice.paid"], 1)) == ["evt_1"]


def test_no_more_types_are_asked_for_than_stripe_takes(reader: Opener) -> None:
    with pytest.raises(StripeError, match="21 types of events"):
        list(reader().events([f"a.{n}" for n in range(21)], 1))
