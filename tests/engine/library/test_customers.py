"""A table that names Stripe's customers: who pays has one, each exists, and how one is found."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct, field

from engine.library.outcomes import keys, planned
from engine.readers.conftest import NOW, filled
from fix_database import Database
from trueup.errors import PlanError, StripeError
from trueup.library import (
    every_named_customer_exists_in_stripe,
    every_paying_row_names_its_customer,
)
from trueup.library.linked import customers_of_users
from trueup.model.change import Change, Steps, Update
from trueup.model.invariant import Invariant
from trueup.model.verdict import Outcome, Verdict
from trueup.readers.stripe.account import StripeAccount
from trueup.readers.stripe.reader import Stripe
from trueup.sample.stripe import Account, StandIn
from trueup.sample.stripe.server import READER, Before

SCHEMA = """
    create table "Profile" (
        "profileId" int primary key, user_id text, stripe_customer_id text, status text
    );
    insert into "Profile"
    select n, 'user ' || n, format('cus_%sA', lpad(n::text, 5, '0')), 'active'
    from generate_series(0, 4) n;
    grant select on "Profile" to trueup_reader;
"""

ROWS = """
    select "profileId" as id, user_id, stripe_customer_id as customer, status = 'active' as pays
    from "Profile"
    order by "profileId"
"""

UNNAMED = """update "Profile" set stripe_customer_id = null where "profileId" = 2"""
FREE = """update "Profile" set stripe_customer_id = null, status = 'free' where "profileId" = 2"""
INVENTED = """update "Profile" set stripe_customer_id = 'cus_x' where "profileId" = 2"""


Builder = Callable[..., Invariant]
PAYING: Builder = every_paying_row_names_its_customer
EXISTS: Builder = every_named_customer_exists_in_stripe


@pytest.fixture
def account(database: Database) -> Account:
    """Five who subscribe, each said to be somebody's, and a table that says the same."""
    database.execute(SCHEMA)
    made = filled(5)
    for number in range(5):
        customer(made, number)["metadata"] = {"uid": f"user {number}"}
    return made


def customer(account: Account, number: int) -> dict[str, Any]:
    """One of the customers."""
    return account.objects["customers"][f"cus_0000{number}A"]


def subscription(account: Account, number: int) -> dict[str, Any]:
    """One of the subscriptions."""
    return account.objects["subscriptions"][f"sub_0000{number}A"]


def built(builder: Builder) -> Invariant:
    """An invariant of the table above."""
    return builder(ROWS, "Profile.stripe_customer_id", key="profileId", metadata="uid")


class Shop(Struct):
    """Where either invariant, and their fix, are asked, with Stripe as it is now."""

    account: Account
    ask: Callable[..., Outcome]
    reading: Callable[..., Any]
    folder: Path
    runs: Iterator[int] = field(default_factory=count)

    @contextmanager
    def stripe(self, before: Before | None = None) -> Iterator[Stripe]:
        """The account, read in a run of its own."""
        with StandIn(self.account) as stand_in:
            stand_in.before = before
            given = StripeAccount(secret=READER, source="key", live=False, url=stand_in.url)
            found = Stripe(given, self.folder / str(next(self.runs)), per_second=2000)
            try:
                yield found
            finally:
                found.close()

    def outcome(self, builder: Builder = PAYING, before: Before | None = None) -> Outcome:
        """What is violated."""
        with self.stripe(before) as stripe:
            return self.ask(built(builder), stripe=stripe)

    def mended(self, builder: Builder = PAYING, before: Before | None = None) -> list[Change]:
        """What the fix would do about it."""
        with self.stripe(before) as stripe, self.reading() as primary:
            found = self.ask(built(builder), stripe=stripe)
            return planned("link_stripe_customer", found, primary=primary, stripe=stripe)


@pytest.fixture
def shop(account: Account, ask, reading, tmp_path: Path) -> Shop:
    """The table and the account."""
    return Shop(account, ask, reading, tmp_path)


def test_where_every_payer_names_a_customer_it_holds(shop: Shop) -> None:
    outcome = shop.outcome()

    assert outcome.verdict is Verdict.HOLDS
    assert outcome.judged == {"Profile": 5, "Stripe customers": 5}
    assert shop.outcome(EXISTS).verdict is Verdict.HOLDS


def test_a_row_that_pays_and_names_nobody_is_named(database: Database, shop: Shop) -> None:
    database.execute(UNNAMED)
    database.execute("""insert into "Profile" values (7, 'user 7', null, 'free')""")
    database.execute("""insert into "Profile" values (8, 'user 8', '', 'active')""")

    outcome = shop.outcome()

    assert keys(outcome) == ["2", "8"]
    assert outcome.violations[0].row["trouble"] == "the row says that it pays"
    assert next(iter(outcome.violations[0].row)) == "profileId"


@pytest.mark.parametrize("said_by", [customer, subscription])
def test_a_row_that_is_paid_for_and_names_nobody_is_named(
    account: Account, database: Database, shop: Shop, said_by
) -> None:
    customer(account, 2)["metadata"] = {}
    said_by(account, 2)["metadata"] = {"uid": "user 2"}
    database.execute(FREE)

    outcome = shop.outcome()

    assert keys(outcome) == ["2"]
    assert outcome.violations[0].row["trouble"] == "Stripe says that it pays, by sub_00002A"


@pytest.mark.parametrize(
    "is_said",
    [
        {"status": "canceled"},
        {"created": int((NOW - timedelta(minutes=14)).timestamp())},
        {"metadata": {"uid": "user 20"}},
    ],
)
def test_what_is_not_paid_for_now_or_only_just_is_not_named(
    account: Account, database: Database, shop: Shop, is_said
) -> None:
    subscription(account, 2).update(is_said)
    database.execute(FREE)

    assert shop.outcome().verdict is Verdict.HOLDS


def test_what_changed_within_the_grace_is_not_named(
    account: Account, database: Database, shop: Shop
) -> None:
    database.execute(FREE)
    kind = "customer.subscription.created"
    account.event("evt_1", kind, subscription(account, 2), NOW - timedelta(minutes=14))

    assert shop.outcome().verdict is Verdict.HOLDS


def test_a_customer_that_stripe_does_not_have_is_named(
    account: Account, database: Database, shop: Shop
) -> None:
    database.execute(INVENTED)
    database.execute("""insert into "Profile" values (7, 'user 7', 'cus_x', 'free')""")
    account.remove("customers", ["cus_00001A"])
    customer(account, 4)["deleted"] = True
    database.execute(UNNAMED.replace("= 2", "= 3"))

    assert keys(shop.outcome(EXISTS)) == ["1", "2", "4", "7"]


def test_a_customer_that_came_since_the_list_was_read_is_there(
    account: Account, database: Database, shop: Shop
) -> None:
    database.execute(INVENTED.replace("cus_x", "cus_00009A"))

    def comes(method, path, params):
        if path == "customers/cus_00009A":
            account.add("customers", "cus_00009A", NOW)

    assert shop.outcome(EXISTS, before=comes).verdict is Verdict.HOLDS


@pytest.mark.parametrize(
    ("broken", "was", "builder"),
    [
        (UNNAMED, None, PAYING),
        (FREE, None, PAYING),
        (INVENTED, "cus_x", EXISTS),
    ],
)
def test_the_one_that_is_said_to_be_theirs_is_written(
    database: Database, shop: Shop, broken: str, was: str | None, builder
) -> None:
    database.execute(broken)

    assert shop.mended(builder) == [
        Update(
            "Profile",
            key={"profileId": 2},
            expect={"stripe_customer_id": was},
            set={"stripe_customer_id": "cus_00002A"},
        )
    ]


def test_the_metadata_of_a_subscription_will_do(
    account: Account, database: Database, shop: Shop
) -> None:
    customer(account, 2)["metadata"] = {}
    subscription(account, 2)["metadata"] = {"uid": "user 2"}
    database.execute(UNNAMED)

    [change] = shop.mended()

    assert change.set == {"stripe_customer_id": "cus_00002A"}


def test_one_of_the_same_e_mail_whom_nothing_names_is_not_taken(
    account: Account, database: Database, shop: Shop
) -> None:
    customer(account, 2).update(metadata={}, email="user 2")
    database.execute(UNNAMED)

    [steps] = shop.mended()

    assert steps.title == "find the Stripe customer of user user 2"
    assert steps.steps[0].startswith("the row says that it pays. No customer of this account says")
    assert steps.verify == ('select stripe_customer_id from "Profile" where "profileId" = \'2\';')


def test_metadata_under_another_name_says_nothing(
    account: Account, database: Database, shop: Shop
) -> None:
    customer(account, 2)["metadata"] = {"user_id": "user 2", "UID": "user 2", "uid": "USER 2"}
    database.execute(UNNAMED)

    assert [type(change) for change in shop.mended()] == [Steps]


def test_two_customers_who_are_said_to_be_one_users_are_for_a_person(
    account: Account, database: Database, shop: Shop
) -> None:
    account.add("customers", "cus_00009A", NOW, metadata={"uid": "user 2"})
    database.execute(UNNAMED)

    [steps] = shop.mended()

    assert steps.title == "say which Stripe customer is that of user user 2"
    assert "cus_00002A, cus_00009A" in steps.steps[0]


def test_a_deleted_customer_makes_no_claim(
    account: Account, database: Database, shop: Shop
) -> None:
    gone = account.add("customers", "cus_00009A", NOW, metadata={"uid": "user 2"}, deleted=True)
    account.subscription(
        "sub_00009A", gone["id"], "price_pro", created=NOW, ends=NOW, status="canceled"
    )["metadata"] = {"uid": "user 2"}
    database.execute(UNNAMED)

    [change] = shop.mended()

    assert change.set == {"stripe_customer_id": "cus_00002A"}


@pytest.mark.parametrize(
    "another",
    [
        # Users can write their own row: this one took what another pays for.
        """insert into "Profile" values (6, 'user 6', 'cus_00002A', 'active')""",
        # One user, two rows: which of them is to be served, nothing says.
        """insert into "Profile" values (6, 'user 2', null, 'active')""",
    ],
)
def test_a_customer_of_two_rows_is_for_a_person(
    database: Database, shop: Shop, another: str
) -> None:
    database.execute(UNNAMED)
    database.execute(another)

    changes = shop.mended()

    assert {type(change) for change in changes} == {Steps}
    assert changes[0].title == (
        "find out whether the Stripe customer cus_00002A is that of user user 2"
    )
    assert "where stripe_customer_id = 'cus_00002A'" in changes[0].steps[1]


def test_a_customer_who_is_said_to_be_another_users_too_is_for_a_person(
    account: Account, database: Database, shop: Shop
) -> None:
    subscription(account, 2)["metadata"] = {"uid": "user 9"}
    database.execute(UNNAMED)

    assert [type(change) for change in shop.mended()] == [Steps]


@pytest.mark.parametrize("becomes", [{"deleted": True}, {"metadata": {"uid": "user 9"}}])
def test_the_customer_is_looked_at_again_before_it_is_written(
    account: Account, database: Database, shop: Shop, becomes
) -> None:
    database.execute(UNNAMED)

    def changes(method, path, params):
        if path == "customers/cus_00002A":
            customer(account, 2).update(becomes)

    assert [type(change) for change in shop.mended(before=changes)] == [Steps]


def test_an_account_of_the_other_mode_is_not_believed(
    account: Account, database: Database, shop: Shop, reading
) -> None:
    database.execute(UNNAMED)
    outcome = shop.outcome()
    for one in account.objects["customers"].values():
        one["livemode"] = True

    assert shop.outcome().verdict is Verdict.UNKNOWN
    with (
        reading() as primary,
        pytest.raises(StripeError, match="not of test mode"),
        shop.stripe() as given,
    ):
        planned("link_stripe_customer", outcome, primary=primary, stripe=given)


def test_without_an_account_nothing_is_guessed(database: Database, shop: Shop, reading) -> None:
    database.execute(UNNAMED)
    outcome = shop.outcome()

    with reading() as primary, pytest.raises(PlanError, match="names no Stripe account"):
        planned("link_stripe_customer", outcome, primary=primary, stripe=None)


def test_a_customer_of_two_users_is_neithers(account: Account) -> None:
    customer(account, 2)["metadata"] = {"uid": "user 1"}
    subscription(account, 1)["metadata"] = {"uid": "user 7"}
    said = [*account.objects["customers"].values(), subscription(account, 1)]
    users = [f"user {number}" for number in range(9)]

    assert customers_of_users(said, users, "uid") == {
        "user 0": "cus_00000A",
        "user 3": "cus_00003A",
        "user 4": "cus_00004A",
    }
