"""Shares of what goes through Stripe that go well: payments, deliveries, and anything at all."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Unpack

from trueup.library.declare import Options, declared
from trueup.library.shares import LEAST, below
from trueup.library.webhooks import handled
from trueup.model.invariant import Invariant, Row

if TYPE_CHECKING:
    from trueup.readers.stripe.reader import Stripe

Object = Mapping[str, Any]


def payments_succeed(
    percent: float = 98, days: float = 1, least: int = LEAST, **said: Unpack[Options]
) -> Invariant:
    """
    Of the payments of the last days that came to an end, so many percent succeeded.

    One that a customer has yet to confirm has come to no end; one that was refused has.
    """

    def ask(stripe: "Stripe") -> Iterator[Row]:
        since = stripe.now - timedelta(days=days)
        ended = [one for one in stripe.payment_intents() if _at(one) >= since and _has_ended(one)]
        good = sum(1 for one in ended if one["status"] == "succeeded")
        yield from below("payments", good, len(ended), percent, least)

    return declared(
        ask,
        {
            "severity": "P1",
            "fix": "look_into_payments",
            "harm": "Customers want to pay and cannot.",
            "may_be_empty": True,
        },
        said,
        over={"Stripe payments": "stripe.payment_intents"},
        show=["of"],
    )


def webhooks_succeed(
    percent: float = 99, days: float = 1, least: int = LEAST, **said: Unpack[Options]
) -> Invariant:
    """Of the events of handled types older than an hour, so many percent were delivered."""

    def ask(stripe: "Stripe", settings: Mapping[str, Any]) -> Iterator[Row]:
        _, types = handled(settings)
        until = stripe.now - timedelta(hours=1)
        told = {one["id"] for one in stripe.events(types, days) if _at(one) <= until}
        failed = {one["id"] for one in stripe.undelivered(types, days)} & told
        yield from below("webhooks", len(told) - len(failed), len(told), percent, least)

    return declared(
        ask,
        {
            "severity": "P1",
            "fix": "look_into_payments",
            "harm": "The application hears of fewer and fewer payments, and then of none.",
        },
        said,
        over={"endpoints": "stripe.webhook_endpoints"},
        show=["of"],
    )


def stripe_answers_with_recent_events(days: float = 1, **said: Unpack[Options]) -> Invariant:
    """Something of a handled type happened in Stripe in the last days: it is the right account."""

    def ask(stripe: "Stripe", settings: Mapping[str, Any]) -> Iterator[Row]:
        _, types = handled(settings)
        since = stripe.now - timedelta(days=days)
        if not any(_at(one) >= since for one in stripe.events(types, days)):
            yield {"of": "events", "days": days, "since": since}

    return declared(
        ask,
        {
            "severity": "P1",
            "fix": "look_into_payments",
            "harm": "Nobody buys anything, or it is not the account that they buy from.",
        },
        said,
        over={"keys": "stripe.keys"},
        show=["of"],
    )


def _has_ended(one: Object) -> bool:
    return one["status"] in ("succeeded", "canceled") or bool(one.get("last_payment_error"))


def _at(one: Object) -> datetime:
    return datetime.fromtimestamp(one["created"], UTC)
