"""Metrics: each gets what it asks for, and says why where that is not to be had."""

from datetime import timedelta

import pytest

from fix_database import Database
from fix_systems import GOODS, NOW, Opened
from trueup import metric
from trueup.readers.stripe.account import StripeAccount
from trueup.sample.stripe import Account, StandIn
from trueup.sample.stripe.server import READER
from trueup.suite import opened
from trueup.suite.metrics import measure


@metric(title="Sold", unit="USD")
def sold(stripe):
    """What was paid."""
    yield {"sum": sum(one["amount_total"] for one in stripe.checkout_sessions())}


@metric(title="Goods", unit="goods")
def goods(replica, now):
    """What there is."""
    return replica.rows("select count(*) as goods from goods")


MEASURED = [sold.named("shop", "sold"), goods.named("shop", "goods")]


@pytest.fixture
def shop(database: Database) -> None:
    """A shop with twenty goods."""
    database.execute(GOODS)


@pytest.mark.usefixtures("shop")
def test_a_metric_may_ask_stripe(systems: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account(NOW)
    account.add("checkout/sessions", "cs_1", NOW - timedelta(days=2), amount_total=2699)
    with StandIn(account) as stand_in:
        given = StripeAccount(secret=READER, source="key", live=False, url=stand_in.url)
        monkeypatch.setattr(opened, "stripe_account", lambda _: given)

        found = measure(systems(), MEASURED, NOW)

    assert [(one.points, one.reason) for one in found] == [
        ((("", 2699.0),), ""),
        ((("", 20.0),), ""),
    ]


@pytest.mark.usefixtures("shop")
def test_without_stripe_it_says_so_and_the_others_are_measured(systems: Opened) -> None:
    unpaid, there = measure(systems(), MEASURED, NOW)

    assert (unpaid.points, unpaid.reason) == ((), "this environment names no Stripe account")
    assert there.points == (("", 20.0),)
