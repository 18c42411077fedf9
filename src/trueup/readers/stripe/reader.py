"""Stripe as an invariant asks it: whole lists, one object again, and what changed a moment ago."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import stripe

from trueup.errors import StripeError
from trueup.readers.shelf import Objects, Shelf
from trueup.readers.stripe.account import StripeAccount
from trueup.readers.stripe.key import Key, read_key, require
from trueup.readers.stripe.lists import Lists, Page, Window, refused
from trueup.readers.stripe.pace import PER_SECOND, Pace
from trueup.readers.stripe.personal import impersonal
from trueup.readers.stripe.transport import Transport

VERSION = "2026-10-28.endive"
"""The API version that every question names; shapes are read as it has them."""

DAYS = 30.0
"""How far back Stripe lists events (its documentation, "List all events"), and how far we look."""

FIRST = datetime(2011, 1, 1, tzinfo=UTC)
"""Nothing in Stripe is older than Stripe."""

Object = Mapping[str, Any]

MISSING = "resource_missing"
"""What Stripe says of an id, a customer's for one, that it does not know."""

AHEAD = timedelta(days=1)
"""How far into what Stripe's clock has not reached yet a list is asked for."""

AGAIN = 500
"""Objects that are looked at again for one question; at 15 a second that is half a minute."""

TYPES = 20
"""Types that one question about events may name."""


class Stripe:
    """
    One account of Stripe, of one mode, read through the SDK; opened when it is first asked.

    `folder` is where the processes of one run find what was fetched. Without a `second_look` all is
    judged by the lists as they were fetched, so that what is asked twice is answered alike. Raises
    GuardError for a key that is of the wrong mode or may do more than read, StripeError where an
    answer is not whole.
    """

    def __init__(
        self,
        account: StripeAccount,
        folder: Path,
        *,
        per_second: float = PER_SECOND,
        second_look: bool = True,
    ) -> None:
        self.account = account
        self._second_look = second_look
        self._lists = Lists(live=account.live)
        self._shelf = Shelf(folder, StripeError)
        self._transport = Transport(Pace(folder / "pace", per_second), account.budget)

    @property
    def key(self) -> Key:
        """What the key says of itself, whether or not it may be used here."""
        return read_key(self.account.secret, self.account.source)

    def subscriptions(self) -> Objects:
        """Every subscription of any status, those of deleted customers too."""
        return self._windowed("subscriptions", self._list("subscriptions"), {"status": "all"})

    def customers(self) -> Objects:
        """Every customer that is not deleted."""
        return self._windowed("customers", self._list("customers"), {})

    def checkout_sessions(self, days: float | None = DAYS) -> Objects:
        """Checkout sessions of the last days that were completed, of all days for None."""
        list_ = self._list("checkout/sessions")
        return self._windowed("checkout_sessions", list_, {"status": "complete"}, days)

    def sessions_of(self, payments: Iterable[str | None]) -> dict[str, Object | None]:
        """
        The checkout session of each payment; None where it was not made by one.

        Those that the list has not, since they are older, are asked for one by one. Where there are
        more than five hundred of them, sessions of all days are listed instead.
        """
        wanted = {payment for payment in payments if payment}
        found = _by_payment(self.checkout_sessions(), wanted)
        older = wanted - found.keys()
        if len(older) > AGAIN:
            all_ = _by_payment(self.checkout_sessions(days=None), older)
            return found | {payment: all_.get(payment) for payment in older}
        return found | {
            payment: next(iter(self._session_of(payment)), None) for payment in sorted(older)
        }

    def refunds(self, days: float = DAYS) -> Objects:
        """Refunds of the last days."""
        return self._windowed("refunds", self._list("refunds"), {}, days)

    def charges(self, days: float = DAYS) -> Objects:
        """Charges of the last days."""
        return self._windowed("charges", self._list("charges"), {}, days)

    def payment_intents(self, days: float = DAYS) -> Objects:
        """Payment intents of the last days."""
        return self._windowed("payment_intents", self._list("payment_intents"), {}, days)

    def invoices(self, days: float = DAYS) -> Objects:
        """Invoices of the last days."""
        return self._windowed("invoices", self._list("invoices"), {}, days)

    def prices(self) -> Objects:
        """Every price, those that are no longer sold too."""
        return self._windowed("prices", self._list("prices"), {})

    def webhook_endpoints(self) -> Objects:
        """Every webhook endpoint."""

        def fetch() -> Iterable[list[dict[str, Any]]]:
            return self._lists.whole("webhook endpoints", self._list("webhook_endpoints"), {})

        return self._shelf.read("webhook_endpoints", fetch)

    def events(self, types: Sequence[str], days: float) -> Objects:
        """
        Events of these types, of the last days; Stripe keeps them for thirty.

        Raises StripeError for more types than one question may name.
        """
        return self._windowed(_named("events", types), self._list("events"), _of(types), days)

    def undelivered(self, types: Sequence[str], days: float) -> Objects:
        """Events of which a delivery is pending or has failed."""
        asked = {**_of(types), "delivery_success": False}
        return self._windowed(_named("undelivered", types), self._list("events"), asked, days)

    def count(self, kind: str) -> int:
        """How many objects of a kind there are to judge, as `over` names it."""
        if kind == "stripe.keys":
            return len([self.key])
        lists: dict[str, Callable[[], Objects]] = {
            "stripe.subscriptions": self.subscriptions,
            "stripe.customers": self.customers,
            "stripe.webhook_endpoints": self.webhook_endpoints,
            "stripe.checkout_sessions": self.checkout_sessions,
            "stripe.refunds": self.refunds,
            "stripe.payment_intents": self.payment_intents,
        }
        return len(lists[kind]())

    def subscription(self, number: str) -> Object | None:
        """One subscription as it is at this moment; None where Stripe has none of that id."""
        return self._again("subscriptions", number, self._client.v1.subscriptions.retrieve)

    def customer(self, number: str) -> Object | None:
        """One customer as it is at this moment; None where there is none, or it was deleted."""
        found = self._again("customers", number, self._client.v1.customers.retrieve)
        return None if found is None or found.get("deleted") else found

    def again(self, numbers: Sequence[str]) -> dict[str, Object | None]:
        """
        Subscriptions as they are at this moment; None where Stripe has none of that id.

        They are asked for one by one: those after the first five hundred are as the list has them.
        """
        looked, rest = self._halves(numbers)
        found = {number: self.subscription(number) for number in looked}
        return found | (_by_id(self.subscriptions(), rest) if rest else {})

    def customers_again(self, numbers: Sequence[str]) -> dict[str, Object | None]:
        """Customers as they are at this moment, as `again` does; None where one was deleted."""
        looked, rest = self._halves(numbers)
        found = {number: self.customer(number) for number in looked}
        return found | (_by_id(self.customers(), rest) if rest else {})

    def subscribing(self, customers: Sequence[str]) -> dict[str, bool]:
        """Which of these customers have a subscription, of any status, as `again` looks."""
        looked, rest = self._halves(customers)
        found = {number: bool(self.subscriptions_of(number)) for number in looked}
        having = {one["customer"] for one in self.subscriptions()} if rest else set()
        return found | {number: number in having for number in rest}

    def _halves(self, numbers: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
        """Those that are looked at again, and those that are judged by the lists."""
        most = AGAIN if self._second_look else 0
        return numbers[:most], numbers[most:]

    def subscriptions_of(self, customer: str) -> list[Object]:
        """A customer's subscriptions as they are at this moment, of any status."""
        list_ = self._list("subscriptions")
        asked = {"customer": customer, "status": "all"}
        try:
            pages = self._lists.whole("subscriptions", list_, asked)
            return [one for page in pages for one in page]
        except StripeError as error:
            if error.code == MISSING:
                return []
            raise

    def changed(self, types: Sequence[str]) -> frozenset[str]:
        """
        What the events of the last moments, as long as the grace, are about: ids, customers too.

        Asked anew each time: it is what must not be called a violation yet. Nothing is, without a
        second look.
        """
        if not self._second_look:
            return frozenset()
        until = self.now
        span = _span(until - self.account.grace, until)
        pages = self._lists.windowed("events", self._list("events"), _of(types), span)
        return frozenset(one for page in pages for event in page for one in _about(event))

    @property
    def now(self) -> datetime:
        """What Stripe's clock says; Stripe is asked for it where it was not asked anything yet."""
        if self._transport.clock is None:
            try:
                self._list("events")({"limit": 1})
            except stripe.StripeError as error:
                raise StripeError(refused("events", error)) from None
        return self._transport.clock or datetime.now(UTC)

    def forget(self) -> None:
        """Ask anew for what was fetched: something was changed in Stripe since."""
        self._shelf.forget()

    def close(self) -> None:
        """Let the connections go."""
        self._transport.close()

    @cached_property
    def _client(self) -> stripe.StripeClient:
        account = self.account
        require(self.key, live=account.live, unrestricted=account.unrestricted)
        addresses = {"base_addresses": {"api": account.url}} if account.url else {}
        return stripe.StripeClient(
            account.secret,
            stripe_version=VERSION,
            http_client=self._transport,
            max_network_retries=0,
            **addresses,  # type: ignore[arg-type]  # one address of the four
        )

    def _list(self, path: str) -> Page:
        """
        A list as Stripe sends it.

        The SDK would make an object of each of its parts, which takes four times as long as all
        else that is done with it.
        """

        def page(asked: Mapping[str, Any]) -> Mapping[str, Any]:
            found: Any = self._client.raw_request("get", f"/v1/{path}", **asked)
            answer: Mapping[str, Any] = found.data
            return answer

        return page

    def _session_of(self, payment: str) -> Objects:
        """The session of one payment, if any; kept for the run, as lists are."""
        list_ = self._list("checkout/sessions")
        asked = {"payment_intent": payment}

        def fetch() -> Iterable[list[dict[str, Any]]]:
            return self._lists.whole("checkout sessions", list_, asked)

        return self._shelf.read(f"session-of-{payment}", fetch)

    def _windowed(
        self,
        name: str,
        page: Page,
        asked: Mapping[str, Any],
        days: float | None = None,
    ) -> Objects:
        """The list of a name, by its days: all who ask for the same within a run read the same."""

        def fetch() -> Iterable[list[dict[str, Any]]]:
            since = FIRST if days is None else self.now - timedelta(days=days)
            return self._lists.windowed(name, page, asked, _span(since, self.now))

        return self._shelf.read(name if days is None else f"{name}-{days:g}-days", fetch)

    def _again(self, name: str, number: str, retrieve: Callable[..., Any]) -> Object | None:
        if not number:  # that would be the address of the whole list
            return None
        try:
            found = impersonal(retrieve(number).last_response.data)
        except stripe.InvalidRequestError as error:
            if error.http_status == 404:
                return None
            raise StripeError(refused(name, error)) from None
        except stripe.StripeError as error:
            raise StripeError(refused(name, error)) from None
        return found


def _by_id(listed: Iterable[Object], numbers: Sequence[str]) -> dict[str, Object | None]:
    """The objects of these ids; None for one that the list has not."""
    wanted = set(numbers)
    found = {one["id"]: one for one in listed if one["id"] in wanted}
    return {number: found.get(number) for number in numbers}


def _by_payment(sessions: Iterable[Object], payments: AbstractSet[str]) -> dict[str, Object | None]:
    return {one["payment_intent"]: one for one in sessions if one["payment_intent"] in payments}


def _span(since: datetime, now: datetime) -> Window:
    """From then on; a clock that is off, or an object made meanwhile, is no reason to miss it."""
    return Window(int(since.timestamp()), int((now + AHEAD).timestamp()))


def _of(types: Sequence[str]) -> dict[str, Any]:
    if not 0 < len(types) <= TYPES:
        raise StripeError(f"{len(types)} types of events are asked for; name 1 to {TYPES}")
    return {"types": list(types)}


def _named(name: str, types: Sequence[str]) -> str:
    """A file's name for a question about types: the same for the same, whatever their order."""
    return f"{name}-{'+'.join(sorted(types))}".replace("*", "all").replace("/", "-")


def _about(event: Object) -> Iterator[str]:
    found = event["data"]["object"]
    for name in ("id", "customer", "subscription"):
        if isinstance(found.get(name), str):
            yield found[name]
