"""Money in and money back, against what was granted for it."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from engine.library.outcomes import keys
from engine.readers.conftest import NOW
from fix_database import Database
from trueup.library import (
    customers_of_users,
    every_paid_checkout_was_granted_once,
    every_refund_was_taken_back_once,
)
from trueup.model.invariant import Invariant
from trueup.model.verdict import Outcome, Verdict
from trueup.readers.stripe.account import StripeAccount
from trueup.readers.stripe.reader import Stripe
from trueup.sample.stripe import Account, StandIn
from trueup.sample.stripe.server import READER

GRANTS = "select session, amount from grants"


@pytest.fixture
def account(database: Database) -> Account:
    """Three who bought ten credits each and have them."""
    database.execute("""
        create table grants (session text, amount int);
        insert into grants values ('cs_test_1', 10), ('cs_test_2', 10), ('cs_test_3', 10);
        create table taken (refund text);
        insert into taken values ('re_1');
        grant select on grants, taken to trueup_reader;
    """)
    made = Account(NOW)
    for number in (1, 2, 3):
        session(made, f"cs_test_{number}")
    refund(made, "re_1")
    return made


def session(account: Account, number: str, minutes: float = 90, **said: object) -> None:
    """A paid checkout session for ten credits, so many minutes ago."""
    created = NOW - timedelta(minutes=minutes)
    account.add("checkout/sessions", number, created, **{"metadata": {"credits": "10"}, **said})


def refund(account: Account, number: str, minutes: float = 90, **said: object) -> None:
    """A refund, so many minutes ago."""
    account.add("refunds", number, NOW - timedelta(minutes=minutes), amount=500, **said)


@pytest.fixture
def asked(account: Account, ask, tmp_path: Path) -> Callable[..., Outcome]:
    """The verdict, with Stripe as it is now."""

    def outcome(invariant: Invariant, **more: object) -> Outcome:
        with StandIn(account) as stand_in:
            given = StripeAccount(secret=READER, source="key", live=False, url=stand_in.url)
            stripe = Stripe(given, tmp_path, per_second=2000)
            found: Outcome = ask(invariant, stripe=stripe, **more)
            stripe.close()
        return found

    return outcome


def granted(worth: dict[str, int] | str | None = None) -> Invariant:
    """The invariant of checkout sessions."""
    return every_paid_checkout_was_granted_once(GRANTS, "grants", metadata="credits", worth=worth)


def test_what_was_paid_and_granted_holds(asked) -> None:
    outcome = asked(granted())

    assert outcome.verdict is Verdict.HOLDS
    assert outcome.judged == {"grants": 3, "Stripe checkout sessions": 3}


@pytest.mark.parametrize(
    ("here", "trouble"),
    [
        ("delete from grants where session = 'cs_test_2'", "never granted"),
        ("insert into grants values ('cs_test_2', 10)", "granted 2 times"),
        ("update grants set amount = 5 where session = 'cs_test_2'", "granted 5 of 10"),
    ],
)
def test_what_was_paid_and_not_granted_once_is_named(
    database: Database, asked, here: str, trouble: str
) -> None:
    database.execute(here)

    outcome = asked(granted())

    assert [(v.key, v.row["trouble"]) for v in outcome.violations] == [(("cs_test_2",), trouble)]


def test_what_was_not_bought_need_not_be_granted(account: Account, asked) -> None:
    session(account, "cs_test_young", minutes=14)
    session(account, "cs_test_unpaid", payment_status="unpaid")
    session(account, "cs_test_open", status="open", payment_status="unpaid")
    session(account, "cs_test_other", metadata={"poster": "1"})
    session(account, "cs_test_none", metadata={})

    assert asked(granted()).verdict is Verdict.HOLDS


def test_a_name_in_the_metadata_is_worth_what_is_said(account: Account, asked) -> None:
    session(account, "cs_test_elite", metadata={"credits": "elite"})

    assert keys(asked(granted({"elite": 10, "10": 10}))) == ["cs_test_elite"]


@pytest.mark.parametrize("worth", [None, {"10": 10}])
def test_what_nobody_knows_the_worth_of_does_not_pass(account: Account, asked, worth) -> None:
    session(account, "cs_test_elite", metadata={"credits": "elite"})
    session(account, "cs_test_empty", metadata={"credits": ""})

    outcome = asked(granted(worth))

    assert sorted(keys(outcome)) == ["cs_test_elite", "cs_test_empty"]
    assert {v.row["trouble"] for v in outcome.violations} == {
        "bought what nobody here knows the worth of"
    }


def test_amounts_may_be_of_any_numeric_type(database: Database, asked) -> None:
    database.execute("alter table grants alter amount type numeric(9, 2)")
    database.execute("update grants set amount = null where session = 'cs_test_2'")
    database.execute("update grants set amount = 9.5 where session = 'cs_test_3'")

    outcome = asked(granted())

    assert {v.key[0]: v.row["trouble"] for v in outcome.violations} == {
        "cs_test_2": "granted 0 of 10",
        "cs_test_3": "granted 9.50 of 10",
    }


def test_a_session_that_was_begun_long_ago_and_paid_a_moment_ago_has_time(
    account: Account, asked
) -> None:
    kind = "checkout.session.completed"
    for number, minutes in (("cs_test_7", 14), ("cs_test_8", 16)):
        session(account, number, minutes=600)
        about = account.objects["checkout/sessions"][number]
        account.event(f"evt_{number}", kind, about, NOW - timedelta(minutes=minutes))

    assert keys(asked(granted())) == ["cs_test_8"]


def test_what_was_paid_back_before_it_was_granted_need_not_be(account: Account, asked) -> None:
    for number, cost in (("7", 1000), ("8", 1001)):
        payment = f"pi_{number}"
        session(account, f"cs_test_{number}", payment_intent=payment, amount_total=cost)
        refund(account, f"re_{number}a", payment_intent=payment)
        refund(account, f"re_{number}b", payment_intent=payment)
        refund(account, f"re_{number}c", payment_intent=payment, status="pending")
    session(account, "cs_test_1", payment_intent="pi_1", amount_total=500)
    refund(account, "re_1", payment_intent="pi_1")

    assert keys(asked(granted())) == ["cs_test_8"]


def test_whoever_was_deleted_needs_nothing_granted(
    account: Account, database: Database, asked
) -> None:
    database.execute("""
        create table accounts (id text);
        insert into accounts values ('account-number-000000001');
        grant select on accounts to trueup_reader;
    """)
    for number, buyer in (
        ("cs_test_here", "account-number-000000001"),
        ("cs_test_gone", "account-number-000000002"),
        ("cs_test_address", "somebody.long@example.com"),
        ("cs_test_blunder", "undefined"),
    ):
        session(account, number, metadata={"credits": "10", "user": buyer})
    session(account, "cs_test_nobody")

    outcome = asked(
        every_paid_checkout_was_granted_once(
            GRANTS,
            "grants",
            metadata="credits",
            buyer=("user", "select id from accounts where id = any(:ids)"),
        )
    )

    assert set(keys(outcome)) == {
        "cs_test_here",
        "cs_test_address",
        "cs_test_blunder",
        "cs_test_nobody",
    }


def test_a_refund_is_taken_back_once(account: Account, database: Database, asked) -> None:
    refund(account, "re_2")
    refund(account, "re_3")
    refund(account, "re_young", minutes=14)
    refund(account, "re_failed", status="failed")
    database.execute("insert into taken values ('re_3'), ('re_3')")

    outcome = asked(every_refund_was_taken_back_once("select refund from taken", "taken"))

    assert {v.key[0]: v.row["trouble"] for v in outcome.violations} == {
        "re_2": "never taken back",
        "re_3": "taken back 2 times",
    }


def test_a_refund_of_what_bought_nothing_here_is_not_taken_back(
    account: Account, database: Database, asked
) -> None:
    for number, minutes, said in (
        ("credits", 90, {}),
        ("old", 60_000, {}),
        ("poster", 90, {"metadata": {"poster": "1"}}),
        ("ungranted", 90, {}),
    ):
        payment = f"pi_{number}"
        session(account, f"cs_test_{number}", minutes=minutes, payment_intent=payment, **said)
        refund(account, f"re_{number}", payment_intent=payment)
    refund(account, "re_invoice", payment_intent="pi_invoice")
    refund(account, "re_1", payment_intent=None)
    database.execute("""
        insert into grants
        values ('cs_test_credits', 10), ('cs_test_old', 10), ('cs_test_poster', 1)
    """)
    taken = "select refund from taken"

    sold = every_refund_was_taken_back_once(taken, "taken", metadata="credits")
    brought = every_refund_was_taken_back_once(taken, "taken", grants=GRANTS)
    both = every_refund_was_taken_back_once(taken, "taken", metadata="credits", grants=GRANTS)

    assert sorted(keys(asked(sold))) == ["re_credits", "re_old", "re_ungranted"]
    assert sorted(keys(asked(brought))) == ["re_credits", "re_old", "re_poster"]
    assert sorted(keys(asked(both))) == ["re_credits", "re_old"]


def test_a_refund_that_succeeded_a_moment_ago_has_time(account: Account, asked) -> None:
    for number, minutes in (("re_7", 14), ("re_8", 16)):
        refund(account, number, minutes=6000)
        about = account.objects["refunds"][number]
        account.event(f"evt_{number}", "refund.updated", about, NOW - timedelta(minutes=minutes))

    taken = every_refund_was_taken_back_once("select refund from taken", "taken")

    assert keys(asked(taken)) == ["re_8"]


def test_a_user_is_linked_by_metadata_and_only_where_one_says_so() -> None:
    objects = [
        {"id": "cus_1", "object": "customer", "metadata": {"user_id": "ada"}},
        {"object": "subscription", "customer": "cus_1", "metadata": {"user_id": "ada"}},
        {"id": "cus_2", "object": "customer", "metadata": {"user_id": "bob"}},
        {"id": "cus_3", "object": "customer", "metadata": {"user_id": "bob"}},
        {"id": "cus_4", "object": "customer", "metadata": {}, "email": "cy@example.com"},
    ]

    assert customers_of_users(objects, ["ada", "bob", "cy", "None"]) == {"ada": "cus_1"}


def test_what_was_refunded_as_a_whole_need_not_be_granted(account: Account, asked) -> None:
    for name, back in (("whole", 2699), ("part", 1000)):
        session(
            account,
            f"cs_test_{name}",
            amount_total=2699,
            payment_intent=f"pi_{name}",
            customer=None,
        )
        given = {"amount": back, "payment_intent": f"pi_{name}"}
        account.add("refunds", f"re_{name}", NOW - timedelta(minutes=30), **given)

    assert keys(asked(granted())) == ["cs_test_part"]


def test_what_was_granted_in_part_and_refunded_as_a_whole_need_not_be_filled_up(
    account: Account, database: Database, asked
) -> None:
    for number, worth, amount in (("less", "10", 5), ("more", "10", 15), ("unknown", "elite", 5)):
        payment = f"pi_{number}"
        session(
            account,
            f"cs_test_{number}",
            metadata={"credits": worth},
            amount_total=500,
            payment_intent=payment,
        )
        refund(account, f"re_{number}", payment_intent=payment)
        database.execute(f"insert into grants values ('cs_test_{number}', {amount})")

    assert sorted(keys(asked(granted()))) == ["cs_test_more", "cs_test_unknown"]


def test_what_a_name_is_worth_may_stand_in_the_settings(account: Account, asked) -> None:
    session(account, "cs_test_elite", metadata={"credits": "elite"})

    outcome = asked(granted("tiers"), settings={"tiers": {"elite": 10, "10": 10}})
    unknown = asked(granted("tiers"))

    assert keys(outcome) == ["cs_test_elite"]
    assert (unknown.verdict, "have no tiers" in unknown.reason) == (Verdict.UNKNOWN, True)
