"""Webhooks: an endpoint that listens, deliveries that arrive, events on record; and the key."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from engine.library.outcomes import keys, planned
from engine.readers.conftest import NOW
from fix_database import Database
from trueup.library import (
    every_stripe_event_was_recorded,
    no_webhook_delivery_has_failed_for_an_hour,
    payments_succeed,
    stripe_answers_with_recent_events,
    the_stripe_key_matches_the_environment,
    the_webhook_endpoint_is_enabled,
    webhooks_succeed,
)
from trueup.model.change import Call, Steps
from trueup.model.invariant import Invariant
from trueup.model.verdict import Outcome, Verdict
from trueup.readers.stripe.account import StripeAccount
from trueup.readers.stripe.reader import Stripe
from trueup.sample.stripe import Account, StandIn
from trueup.sample.stripe.server import READER

URL = "https://shop.example/stripe"
HANDLED = ["invoice.paid", "invoice.payment_failed"]
SETTINGS = {"stripe": {"webhook": URL, "handled": HANDLED}}


@pytest.fixture
def account(database: Database) -> Account:
    """An endpoint that hears what is handled, and one event that was recorded."""
    database.execute("""
        create table events (event text);
        insert into events values ('evt_1');
        grant select on events to trueup_reader;
    """)
    made = Account(NOW)
    made.add("webhook_endpoints", "we_1", NOW, url=URL, enabled_events=[*HANDLED, "charge.updated"])
    made.add("webhook_endpoints", "we_2", NOW, url="https://other.example", status="disabled")
    event(made, "evt_1")
    return made


def event(account: Account, number: str, kind: str = "invoice.paid", **ago: float) -> None:
    """An event so long ago, two hours unless said."""
    about = {"id": "in_1", "object": "invoice"}
    account.event(number, kind, about, NOW - timedelta(**ago or {"hours": 2}))


@pytest.fixture
def asked(account: Account, ask, tmp_path: Path) -> Callable[..., Outcome]:
    """The verdict, with Stripe as it is now; what is said differs from the usual account."""

    def outcome(invariant: Invariant, settings: object = None, **said: object) -> Outcome:
        with StandIn(account) as stand_in:
            usual = StripeAccount(secret=READER, source="KEY", live=False, url=stand_in.url)
            stripe = Stripe(replace(usual, **said), tmp_path, per_second=2000)
            found: Outcome = ask(invariant, stripe=stripe, settings=settings or SETTINGS)
            stripe.close()
        return found

    return outcome


def recorded(days: float = 1) -> Invariant:
    """The invariant about the table of events."""
    question = "select event from events where event = any(:events)"
    return every_stripe_event_was_recorded(question, "events", days)


@pytest.mark.parametrize(
    "invariant",
    [
        the_webhook_endpoint_is_enabled(),
        no_webhook_delivery_has_failed_for_an_hour(),
        the_stripe_key_matches_the_environment(),
        recorded(),
    ],
    ids=["endpoint", "deliveries", "key", "recorded"],
)
def test_a_sound_account_holds_and_something_was_judged(asked, invariant: Invariant) -> None:
    outcome = asked(invariant)

    assert outcome.verdict is Verdict.HOLDS
    assert sum(outcome.judged.values()) > 0


@pytest.mark.parametrize(
    ("said", "trouble"),
    [
        ({"status": "disabled"}, "is disabled"),
        ({"enabled_events": ["invoice.paid"]}, "does not hear of invoice.payment_failed"),
        ({"enabled_events": ["*"]}, ""),
    ],
)
def test_an_endpoint_that_does_not_hear_is_named(
    account: Account, asked, said: dict[str, object], trouble: str
) -> None:
    account.objects["webhook_endpoints"]["we_1"].update(said)

    found = asked(the_webhook_endpoint_is_enabled()).violations

    assert [(v.key[0], v.row["trouble"]) for v in found] == ([("we_1", trouble)] if trouble else [])


def test_an_endpoint_that_is_not_there_is_named(account: Account, asked) -> None:
    account.remove("webhook_endpoints", ["we_1", "we_2"])

    [violation] = asked(the_webhook_endpoint_is_enabled()).violations

    assert (violation["url"], violation["trouble"]) == (URL, "is not there")


def test_settings_without_a_webhook_are_unknown_and_say_what_is_missing(asked) -> None:
    outcome = asked(the_webhook_endpoint_is_enabled(), {"prices": {}})

    assert outcome.verdict is Verdict.UNKNOWN
    assert "add stripe.webhook, its url" in outcome.reason


def test_deliveries_that_fail_for_an_hour_are_named(account: Account, asked) -> None:
    event(account, "evt_late", hours=1)
    event(account, "evt_young", minutes=59, seconds=59)
    event(account, "evt_other", "charge.updated", hours=5)
    account.undelivered = {"evt_late", "evt_young", "evt_other"}

    assert keys(asked(no_webhook_delivery_has_failed_for_an_hour())) == ["evt_late"]


def test_deliveries_of_what_is_done_all_the_same_are_not_named(
    account: Account, database: Database, asked
) -> None:
    database.execute("""
        create table done (object text);
        insert into done values ('in_evt_done');
        grant select on done to trueup_reader;
    """)
    for name in ("evt_done", "evt_late"):
        account.event(name, "invoice.paid", {"id": f"in_{name}"}, NOW - timedelta(hours=2))
    account.undelivered = {"evt_done", "evt_late"}
    question = "select object from done where object = any(:objects)"

    assert keys(asked(no_webhook_delivery_has_failed_for_an_hour(question))) == ["evt_late"]


def test_events_that_nobody_recorded_are_named(account: Account, asked) -> None:
    event(account, "evt_lost", minutes=15)
    event(account, "evt_young", minutes=14, seconds=59)
    event(account, "evt_old", hours=24, seconds=1)
    event(account, "evt_other", "charge.updated")

    assert keys(asked(recorded())) == ["evt_lost"]


def test_no_more_than_thirty_days_are_asked_for(account: Account, asked) -> None:
    event(account, "evt_month", days=30)
    event(account, "evt_older", days=30, seconds=1)

    assert keys(asked(recorded(days=90))) == ["evt_month"]


@pytest.mark.parametrize(
    ("said", "trouble"),
    [
        ({"secret": "rk_live_abcdefgh"}, "of live mode"),
        ({"live": True}, "of test mode"),
        ({"secret": "sk_test_abcdefgh"}, "not restricted"),
        ({"secret": "sk_test_abcdefgh", "unrestricted": True}, ""),
        ({"secret": "sk_live_abcdefgh", "live": True, "unrestricted": True}, "not restricted"),
    ],
)
def test_a_key_of_the_wrong_kind_is_named_and_not_used(
    account: Account, asked, said: dict[str, object], trouble: str
) -> None:
    outcome = asked(the_stripe_key_matches_the_environment(), **said)

    found = [(v.key[0], v.row["trouble"]) for v in outcome.violations]
    assert found == ([("KEY", trouble)] if trouble else [])


def pay(account: Account, number: int, status: str = "succeeded", **said: object) -> None:
    """A payment of an hour ago."""
    account.add(
        "payment_intents", f"pi_{number:03}A", NOW - timedelta(hours=1), status=status, **said
    )


@pytest.mark.parametrize(("failed", "share"), [(1, None), (2, 96.0)])
def test_a_share_of_payments_that_fail_is_named(
    account: Account, asked, failed: int, share: float | None
) -> None:
    for number in range(50 - failed):
        pay(account, number)
    for number in range(failed):
        pay(account, 100 + number, "requires_payment_method", last_payment_error={"code": "x"})
    pay(account, 200, "requires_confirmation")

    outcome = asked(payments_succeed())

    found = [(v.key[0], v["percent"]) for v in outcome.violations]
    assert found == ([("payments", share)] if share else [])


def test_a_handful_is_no_rate(account: Account, asked) -> None:
    for number in range(19):
        pay(account, number, "canceled")

    assert asked(payments_succeed()).verdict is Verdict.HOLDS


@pytest.mark.parametrize(("failed", "named"), [(1, []), (2, ["webhooks"])])
def test_a_share_of_deliveries_that_fail_is_named(
    account: Account, asked, failed: int, named: list[str]
) -> None:
    for number in range(99):
        event(account, f"evt_many_{number}", hours=2)
    event(account, "evt_young", minutes=5)
    account.undelivered = {"evt_young", *(f"evt_many_{number}" for number in range(failed))}

    outcome = asked(webhooks_succeed())

    assert keys(outcome) == named
    assert all("98.0 % of 100" in s.title for s in planned("look_into_payments", outcome))


def test_an_account_in_which_nothing_happens_is_named(account: Account, asked) -> None:
    assert asked(stripe_answers_with_recent_events()).verdict is Verdict.HOLDS
    assert keys(asked(stripe_answers_with_recent_events(days=0.05))) == ["events"]


def test_a_disabled_endpoint_is_enabled_by_a_call_that_can_be_taken_back(
    account: Account, asked
) -> None:
    account.objects["webhook_endpoints"]["we_1"]["status"] = "disabled"
    outcome = asked(the_webhook_endpoint_is_enabled())

    [call] = planned("enable_webhook_endpoint", outcome, services=["stripe"])
    [steps] = planned("enable_webhook_endpoint", outcome, services=[])

    path = "/v1/webhook_endpoints/we_1"
    back = Call("stripe", "POST", path, {"disabled": True})
    assert call == Call("stripe", "POST", path, {"disabled": False}, undo=back)
    assert isinstance(steps, Steps)


def test_an_event_is_delivered_again_to_the_endpoint_of_the_settings(
    account: Account, asked, tmp_path: Path
) -> None:
    event(account, "evt_lost")
    outcome = asked(recorded())

    with StandIn(account) as stand_in:
        usual = StripeAccount(secret=READER, source="KEY", live=False, url=stand_in.url)
        stripe = Stripe(usual, tmp_path / "again")
        given = {"settings": SETTINGS, "stripe": stripe}
        [call] = planned("replay_stripe_events", outcome, services=["stripe"], **given)
        [steps] = planned("replay_stripe_events", outcome, services=[], **given)
        stripe.close()

    assert call == Call("stripe", "POST", "/v1/events/evt_lost/retry", {"webhook_endpoint": "we_1"})
    assert "let Stripe deliver evt_lost again (invoice.paid)" in steps.title
