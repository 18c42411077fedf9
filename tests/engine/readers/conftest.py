"""A small Stripe account, the stand-in that answers for it, and a reader of it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from trueup.readers.stripe.account import StripeAccount
from trueup.readers.stripe.reader import Stripe
from trueup.sample.stripe import Account, StandIn
from trueup.sample.stripe.server import READER

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


def filled(customers: int) -> Account:
    """An account with so many customers, each with a subscription, an hour apart."""
    account = Account(NOW)
    account.price("price_pro")
    for number in range(customers):
        created = NOW - timedelta(hours=number + 1)
        account.add("customers", f"cus_{number:05}A", created)
        account.subscription(
            f"sub_{number:05}A",
            f"cus_{number:05}A",
            "price_pro",
            created=created,
            ends=NOW + timedelta(days=20),
        )
    return account


@pytest.fixture
def account() -> Account:
    """Two hundred and fifty customers who all subscribe."""
    return filled(250)


@pytest.fixture
def stand_in(account: Account) -> Iterator[StandIn]:
    """Stripe on loopback."""
    with StandIn(account) as running:
        yield running


Opener = Callable[..., Stripe]


@pytest.fixture
def reader(stand_in: StandIn, tmp_path: Path) -> Iterator[Opener]:
    """A reader of the stand-in; what is said differs from the usual account."""
    opened: list[Stripe] = []

    def made(folder: str = "run", *, second_look: bool = True, **said) -> Stripe:
        usual = StripeAccount(secret=READER, source="STRIPE_KEY", live=False, url=stand_in.url)
        account = replace(usual, **said)
        stripe = Stripe(account, tmp_path / folder, per_second=2000, second_look=second_look)
        opened.append(stripe)
        return stripe

    yield made
    for stripe in opened:
        stripe.close()
