"""A table that mirrors Stripe: both ways, and nothing is called a violation too early."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.library.outcomes import keys
from engine.readers.conftest import NOW, filled
from fix_database import Database
from trueup.errors import CatalogError
from trueup.library import (
    Mirror,
    every_live_stripe_subscription_is_mirrored,
    every_mirrored_subscription_exists_in_stripe,
)
from trueup.model.verdict import Outcome, Verdict
from trueup.model.violation import key_text
from trueup.readers.stripe.account import StripeAccount
from trueup.readers.stripe.reader import Stripe
from trueup.sample.stripe import Account, StandIn
from trueup.sample.stripe.server import READER

STATUSES = {
    **{status: status for status in ("active", "trialing", "past_due", "canceled")},
    **dict.fromkeys(("unpaid", "paused", "incomplete", "incomplete_expired"), "canceled"),
}

MIRROR = Mirror(
    table="subs",
    rows="select * from subs",
    statuses=STATUSES,
)

SCHEMA = """
    create table subs (
        id text primary key, user_id int, customer text, subscription text, status text,
        period_end timestamptz, trial_end timestamptz, cancel_at_period_end boolean, plan text
    );
    insert into subs
    select 'row ' || n, n, format('cus_%sA', lpad(n::text, 5, '0')),
           format('sub_%sA', lpad(n::text, 5, '0')), 'active', '2026-11-22 12:00+00', null, false,
           'Pro'
    from generate_series(0, 4) n;
    grant select on subs to trueup_reader;
"""


@pytest.fixture
def account(database: Database) -> Account:
    """Five who subscribe, and a table that says the same."""
    database.execute(SCHEMA)
    return filled(5)


@pytest.fixture
def compared(account: Account, ask, tmp_path: Path) -> Callable[..., Outcome]:
    """The verdict of either direction, with Stripe as it is now."""
    runs = iter(range(1000))

    def outcome(direction=every_live_stripe_subscription_is_mirrored, mirror=MIRROR, before=None):
        with StandIn(account) as stand_in:
            stand_in.before = before
            given = StripeAccount(secret=READER, source="key", live=False, url=stand_in.url)
            stripe = Stripe(given, tmp_path / str(next(runs)), per_second=2000)
            settings = {"prices": {"price_pro": "Pro"}}
            found = ask(direction(mirror), stripe=stripe, settings=settings)
            stripe.close()
        return found

    return outcome


def one(account: Account, number: int) -> dict[str, Any]:
    """One of the subscriptions."""
    return account.objects["subscriptions"][f"sub_0000{number}A"]


def troubles(outcome: Outcome) -> dict[str, object]:
    """What is said to differ, by subscription."""
    return {key_text(v.key): v.row["trouble"] for v in outcome.violations}


def test_two_sides_that_agree_hold_and_say_how_many_were_judged(compared) -> None:
    outcome = compared()

    assert outcome.verdict is Verdict.HOLDS
    assert outcome.judged == {"subs": 5, "Stripe subscriptions": 5}
    assert compared(every_mirrored_subscription_exists_in_stripe).verdict is Verdict.HOLDS


@pytest.mark.parametrize(
    ("differs", "said"),
    [
        ("update subs set status = 'past_due' where user_id = 2", "status"),
        ("update subs set customer = 'cus_other' where user_id = 2", "customer"),
        ("update subs set subscription = 'sub_other' where user_id = 2", "subscription"),
        (
            "update subs set period_end = period_end + interval '61 s' where user_id = 2",
            "period end",
        ),
        ("update subs set cancel_at_period_end = true where user_id = 2", "cancellation"),
        ("update subs set plan = 'Free' where user_id = 2", "plan"),
        ("delete from subs where user_id = 2", "no row"),
    ],
)
def test_each_difference_is_named(database: Database, compared, differs: str, said: str) -> None:
    database.execute(differs)

    assert troubles(compared())["sub_00002A"] == said


def test_a_few_seconds_are_no_difference(database: Database, compared) -> None:
    database.execute("update subs set period_end = period_end + interval '59 s'")

    assert compared().verdict is Verdict.HOLDS


def test_the_end_of_the_period_is_that_of_the_latest_item(account: Account, compared) -> None:
    items = one(account, 2)["items"]["data"]
    items.append({**items[0], "current_period_end": items[0]["current_period_end"] - 9_000})

    assert compared().verdict is Verdict.HOLDS


def test_the_end_that_older_versions_have_is_read(account: Account, compared) -> None:
    old = one(account, 2)
    [item] = old["items"]["data"]
    old["current_period_end"] = item.pop("current_period_end")

    assert compared().verdict is Verdict.HOLDS


@pytest.mark.parametrize("status", ["canceled", "unpaid", "paused", "incomplete_expired"])
def test_one_that_ended_and_is_live_here_is_named(account: Account, compared, status: str) -> None:
    one(account, 2)["status"] = status

    assert troubles(compared()) == {"sub_00002A": "status"}


def test_the_end_of_a_trial_counts_while_it_lasts(
    account: Account, database: Database, compared
) -> None:
    one(account, 2).update(status="trialing", trial_end=int(NOW.timestamp()) + 86_400)
    database.execute("update subs set status = 'trialing' where user_id = 2")

    assert troubles(compared()) == {"sub_00002A": "trial end"}


def test_a_status_that_nobody_knows_is_unknown(account: Account, compared) -> None:
    one(account, 2)["status"] = "frozen"

    outcome = compared()

    assert outcome.verdict is Verdict.UNKNOWN
    assert "'frozen'" in outcome.reason


def test_two_live_ones_of_a_customer_are_both_named(account: Account, compared) -> None:
    account.subscription(
        "sub_00009A",
        "cus_00002A",
        "price_pro",
        created=NOW - timedelta(days=2),
        ends=NOW + timedelta(days=20),
    )

    assert troubles(compared()) == {
        "sub_00002A": "one of 2 live ones of its customer",
        "sub_00009A": "subscription",
    }


def test_what_changed_within_the_grace_is_not_judged(account: Account, compared) -> None:
    late, young = one(account, 1), one(account, 2)
    for changed, minutes in ((late, 16), (young, 14)):
        changed["status"] = "canceled"
        kind = "customer.subscription.deleted"
        account.event(f"evt_{minutes}", kind, changed, NOW - timedelta(minutes=minutes))

    assert troubles(compared()) == {"sub_00001A": "status"}


def test_a_checkout_of_a_moment_ago_speaks_for_its_subscription(account: Account, compared) -> None:
    one(account, 1)["status"] = "canceled"
    session = {"id": "cs_test_1", "customer": None, "subscription": "sub_00001A"}
    account.event("evt_1", "checkout.session.completed", session, NOW - timedelta(minutes=5))

    assert compared().verdict is Verdict.HOLDS


def test_what_began_within_the_grace_is_not_judged(account: Account, compared) -> None:
    for number, minutes in ((7, 14), (8, 16)):
        account.subscription(
            f"sub_0000{number}A",
            f"cus_0000{number}A",
            "price_pro",
            created=NOW - timedelta(minutes=minutes),
            ends=NOW + timedelta(days=20),
        )

    assert troubles(compared()) == {"sub_00008A": "no row"}


def test_what_differs_is_looked_at_again_before_it_is_named(account: Account, compared) -> None:
    wrong = one(account, 2)
    wrong["status"] = "canceled"

    def mended(method, path, params):
        if path == "subscriptions/sub_00002A":
            wrong["status"] = "active"

    assert compared(before=mended).verdict is Verdict.HOLDS


@pytest.mark.parametrize(
    ("here", "named"),
    [
        ("update subs set subscription = 'sub_invented' where user_id = 2", ["row 2"]),
        (
            "update subs set subscription = 'sub_invented', status = 'canceled' where user_id = 2",
            [],
        ),
        ("update subs set subscription = null where user_id = 2", []),
    ],
)
def test_a_row_that_stripe_never_heard_of_is_named(
    database: Database, compared, here: str, named: list[str]
) -> None:
    database.execute(here)

    assert keys(compared(every_mirrored_subscription_exists_in_stripe)) == named


def test_rows_that_name_one_subscription_nobody_has_are_all_named(
    database: Database, compared
) -> None:
    database.execute("update subs set subscription = 'sub_invented' where user_id in (2, 4)")

    assert keys(compared(every_mirrored_subscription_exists_in_stripe)) == ["row 2", "row 4"]


def test_a_plan_matters_where_somebody_is_served(
    account: Account, database: Database, compared
) -> None:
    one(account, 2)["status"] = "past_due"
    database.execute("update subs set status = 'canceled', plan = 'Free' where user_id = 2")
    unserved = Mirror(table="subs", rows=MIRROR.rows, statuses={**STATUSES, "past_due": "canceled"})

    assert compared(mirror=unserved).verdict is Verdict.HOLDS
    assert troubles(compared()) == {"sub_00002A": "status, plan"}


def test_a_status_that_the_map_leaves_out_or_makes_up_is_refused() -> None:
    left_out = {status: is_here for status, is_here in STATUSES.items() if status != "paused"}

    with pytest.raises(CatalogError, match="see to frozen, paused"):
        Mirror(table="subs", rows=MIRROR.rows, statuses={**left_out, "frozen": "canceled"})


def test_a_status_that_ended_ones_have_too_says_nothing_of_being_served(
    account: Account, database: Database, compared
) -> None:
    many = {**dict.fromkeys(STATUSES, "inactive"), "active": "active"}
    mirror = Mirror(table="subs", rows=MIRROR.rows, statuses=many)
    database.execute("update subs set status = 'inactive' where user_id in (1, 2)")
    one(account, 1)["status"] = "past_due"
    one(account, 2)["status"] = "canceled"
    one(account, 3)["status"] = "canceled"

    assert troubles(compared(mirror=mirror)) == {"sub_00003A": "status"}


BY_CUSTOMER = Mirror(
    table="subs",
    rows="select id, user_id, customer, status, period_end, plan from subs",
    statuses=STATUSES,
)
"""Of a table that keeps no subscription ids."""


def test_a_table_of_customers_alone_is_compared_too(
    account: Account, database: Database, compared
) -> None:
    assert compared(mirror=BY_CUSTOMER).verdict is Verdict.HOLDS

    one(account, 1)["status"] = "canceled"
    database.execute("update subs set status = 'past_due' where user_id = 2")
    database.execute("update subs set customer = null where user_id = 3")

    assert troubles(compared(mirror=BY_CUSTOMER)) == {
        "sub_00001A": "status",
        "sub_00002A": "status",
        "sub_00003A": "no row",
    }


def test_the_live_one_speaks_for_its_customer_or_the_newest_does(
    account: Account, compared
) -> None:
    for number, of, days, status in (
        ("sub_00011A", "cus_00001A", 400, "canceled"),
        ("sub_00012A", "cus_00002A", 0.5, "canceled"),
        ("sub_00013A", "cus_00003A", 400, "canceled"),
    ):
        created = NOW - timedelta(days=days)
        account.subscription(number, of, "price_pro", created=created, ends=NOW, status=status)
    one(account, 3)["status"] = "unpaid"

    assert troubles(compared(mirror=BY_CUSTOMER)) == {"sub_00003A": "status"}


def test_two_rows_of_one_customer_are_not_both_paid_for(database: Database, compared) -> None:
    database.execute("update subs set customer = 'cus_00002A' where user_id = 3")

    assert troubles(compared(mirror=BY_CUSTOMER)) == {
        "sub_00002A": "2 rows name its customer",
        "sub_00003A": "no row",
    }


def test_two_rows_of_one_subscription_are_not_both_paid_for(database: Database, compared) -> None:
    database.execute("insert into subs (id, subscription) values ('row 9', 'sub_00002A')")

    assert troubles(compared()) == {"sub_00002A": "2 rows name its subscription"}


@pytest.mark.parametrize("mirror", [MIRROR, BY_CUSTOMER], ids=["by subscription", "by customer"])
@pytest.mark.parametrize("later", [2, 9])
def test_of_two_rows_of_one_that_ended_the_one_that_serves_is_named(
    account: Account, database: Database, compared, mirror: Mirror, later: int
) -> None:
    one(account, 2)["status"] = "canceled"
    database.execute("""
        insert into subs select 'row 9', 9, customer, subscription, 'canceled' from subs
        where user_id = 2
    """)
    database.execute(f"""
        with gone as (delete from subs where user_id = {later} returning *)
        insert into subs select * from gone
    """)

    [violation] = compared(mirror=mirror).violations

    assert (violation["id"], violation["trouble"]) == ("row 2", "status")


def test_a_customer_who_never_subscribed_is_not_served(
    account: Account, database: Database, compared
) -> None:
    both = every_mirrored_subscription_exists_in_stripe
    account.add("customers", "cus_00007A", NOW - timedelta(days=9))
    database.execute("update subs set customer = 'cus_00007A' where user_id = 3")
    database.execute("insert into subs select 'row 9', 9, 'cus_00007A', null, 'canceled'")
    one(account, 1)["status"] = "canceled"

    assert keys(compared(both, mirror=BY_CUSTOMER)) == ["row 3"]


def test_who_subscribed_since_the_list_was_read_is_served(
    account: Account, database: Database, compared
) -> None:
    account.add("customers", "cus_00007A", NOW)
    database.execute("insert into subs select 'row 7', 7, 'cus_00007A', null, 'active'")

    def subscribes(method, path, params):
        if params.get("customer") == ["cus_00007A"]:
            ends = NOW + timedelta(days=9)
            account.subscription("sub_00007A", "cus_00007A", "price_pro", created=NOW, ends=ends)

    both = every_mirrored_subscription_exists_in_stripe

    assert keys(compared(both, mirror=BY_CUSTOMER)) == ["row 7"]
    assert compared(both, mirror=BY_CUSTOMER, before=subscribes).verdict is Verdict.HOLDS


def test_without_an_account_it_does_not_apply(account: Account, ask) -> None:
    outcome = ask(every_live_stripe_subscription_is_mirrored(MIRROR), stripe=None)

    assert outcome.verdict is Verdict.NOT_APPLICABLE
    assert "names no Stripe account" in outcome.reason
