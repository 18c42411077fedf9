"""An account of the stand-in: its objects by kind and id, kept in a file that can be edited."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from trueup.errors import SampleError
from trueup.sample.stripe.objects import Object, item, made

KINDS = {
    "customers": "customer",
    "products": "product",
    "prices": "price",
    "subscriptions": "subscription",
    "events": "event",
    "webhook_endpoints": "webhook_endpoint",
    "payment_intents": "payment_intent",
    "charges": "charge",
    "refunds": "refund",
    "invoices": "invoice",
    "checkout/sessions": "checkout.session",
}
"""What is listed under which path, and what one of them is called."""


class Account:
    """Customers, prices, subscriptions and all the rest, at one instant of their clock."""

    def __init__(self, clock: datetime, *, live: bool = False, made_for: int | None = None) -> None:
        self.clock = clock
        self.live = live
        self.made_for = made_for
        """The oid of the database that it goes with."""
        self.objects: dict[str, dict[str, Object]] = {path: {} for path in KINDS}
        self.undelivered: set[str] = set()
        """Events of which a delivery is pending or has failed."""
        self.retried: list[Mapping[str, str]] = []
        """Deliveries that somebody asked for again."""

    def add(self, path: str, number: str, created: datetime, **said: Any) -> Object:
        """Add an object, or put it in the place of the one with that id."""
        kind = KINDS[path]
        found = made(kind, number, int(created.timestamp()), {"livemode": self.live, **said})
        if kind == "refund":
            del found["livemode"]
        self.objects[path][number] = found
        return found

    def price(self, number: str, **said: Any) -> Object:
        """A monthly price."""
        recurring = {"interval": "month", "interval_count": 1, "usage_type": "licensed"}
        given = {"product": f"prod_{number}", "recurring": recurring, **said}
        return self.add("prices", number, self.clock, **given)

    def subscription(
        self,
        number: str,
        customer: str,
        price: str,
        *,
        created: datetime,
        ends: datetime,
        **said: Any,
    ) -> Object:
        """A subscription with one item; `ends` is when the period that is paid for does."""
        items = [item(number, self.objects["prices"][price], int(ends.timestamp()))]
        url = f"/v1/subscription_items?subscription={number}"
        listed = {"object": "list", "url": url, "has_more": False, "data": items}
        given = {"customer": customer, "items": listed, **said}
        return self.add("subscriptions", number, created, **given)

    def event(
        self, number: str, kind: str, about: Mapping[str, Any], created: datetime, **said: Any
    ) -> Object:
        """An event about an object, as the object was then."""
        given = {"type": kind, "data": {"object": dict(about)}, "api_version": None, **said}
        return self.add("events", number, created, **given)

    def remove(self, path: str, numbers: Iterable[str]) -> None:
        """Let objects be gone, as if they had never been."""
        for number in numbers:
            self.objects[path].pop(number, None)

    def save(self, file: Path) -> None:
        """Write it, whole or not at all."""
        unfinished = file.with_suffix(".new")
        unfinished.write_text(
            json.dumps(
                {
                    "clock": self.clock.isoformat(),
                    "live": self.live,
                    "made_for": self.made_for,
                    "objects": self.objects,
                    "undelivered": sorted(self.undelivered),
                    "retried": self.retried,
                }
            ),
            encoding="utf-8",
        )
        unfinished.replace(file)


def read(file: Path) -> Account:
    """Read an account; raises SampleError where there is none."""
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SampleError(f"there is no account in {file}; load the sample again") from None
    clock = datetime.fromisoformat(said["clock"])
    account = Account(clock, live=said["live"], made_for=said["made_for"])
    account.objects = said["objects"]
    account.undelivered = set(said["undelivered"])
    account.retried = said["retried"]
    return account
