"""Rows that must move on, be one of a kind, add up, or be on a list."""

from datetime import timedelta

import pytest

from engine.library.outcomes import keys
from fix_database import Database
from trueup.library import (
    every_balance_equals_its_ledger,
    every_row_settles_within,
    one_row_per,
    only_known_admins_are_admins,
)
from trueup.model.verdict import Verdict

JOBS = """
    create table "Jobs" (id int primary key, "State" text, at timestamptz, naive timestamp);
    insert into "Jobs" values
        (1, 'running', '2026-11-02 11:54:59.999999+00', '2026-11-02 11:54:59.999999'),
        (2, 'running', '2026-11-02 11:55:00+00', '2026-11-02 11:55:00'),
        (3, 'queued', '2026-11-02 11:00+00', '2026-11-02 11:00'),
        (4, 'done', '2026-01-01 00:00+00', '2026-01-01 00:00'),
        (5, null, '2026-01-01 00:00+00', '2026-01-01 00:00'),
        (6, 'it''s', '2026-11-02 11:00+00', '2026-11-02 11:00'),
        (7, 'running', null, null),
        (8, 'done', null, null);
"""


@pytest.mark.parametrize(("since", "is_naive"), [("at", False), ("naive", True)])
def test_a_row_that_stays_too_long_or_since_nobody_knows_when_is_named(
    database: Database, ask, since: str, is_naive: bool
) -> None:
    database.execute(JOBS)
    found = every_row_settles_within(
        "public.Jobs.State",
        ["running", "queued", "it's"],
        since=since,
        within=timedelta(minutes=5),
        is_naive=is_naive,
    )

    outcome = ask(found)

    assert keys(outcome) == ["1", "3", "6", "7"]
    assert outcome.judged == {"public.Jobs": 8}


def test_rows_that_agree_are_named_and_null_agrees_with_null(database: Database, ask) -> None:
    database.execute("""
        create table months (owner text, month date, ended boolean default false);
        insert into months values
            ('a', '2026-10-01'), ('a', '2026-10-01'), ('a', '2026-11-01'), ('b', '2026-10-01'),
            (null, '2026-10-01'), (null, '2026-10-01'), ('c', '2026-10-01'), ('c', '2026-10-01');
        update months set ended = true where ctid = (select max(ctid) from months);
    """)

    every = ask(one_row_per(["owner", "month"], "months"))
    current = ask(one_row_per(["owner", "month"], "months", where="not ended"))

    assert keys(every) == ["a/2026-10-01", "c/2026-10-01", r"\N/2026-10-01"]
    assert keys(current) == ["a/2026-10-01", r"\N/2026-10-01"]


def test_a_balance_that_was_not_booked_is_named(database: Database, ask) -> None:
    database.execute("""
        create table accounts (id int, credits int);
        create table bookings (account int, delta int);
        insert into accounts values (1, 10), (2, 10), (3, 0), (4, null), (5, 7);
        insert into bookings values (1, 4), (1, 6), (2, 9), (6, 5), (7, 5), (7, -5);
    """)
    found = every_balance_equals_its_ledger(
        "select id, credits as amount from accounts",
        "select account as id, sum(delta) as amount from bookings group by account",
        "accounts",
    )

    assert keys(ask(found)) == ["2", "5", "6"]


def test_an_admin_who_is_not_on_the_list_is_named(database: Database, ask) -> None:
    database.execute("create table admins (id int); insert into admins values (1), (2)")
    found = only_known_admins_are_admins("select id from admins order by id", "admins")

    assert keys(ask(found, settings={"admins": [1, "7"]})) == ["2"]
    assert ask(found, settings={"admins": [1, 2]}).verdict is Verdict.HOLDS
    outcome = ask(found, settings={})
    assert outcome.verdict is Verdict.UNKNOWN
    assert "no list of admins; add their ids" in outcome.reason
