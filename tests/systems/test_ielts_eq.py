"""IELTS EQ's fixes where their numbers, their refusals and what they do outside are their own."""

from collections.abc import Mapping

import pytest

from systems import scenes
from trueup import catalog
from trueup.errors import PlanError
from trueup.primary import typed
from trueup.sample.planting import uid
from trueup.sample.site import site as sites
from trueup.sample.site.beside import SiteBeside

SYSTEM = "ielts_eq"

WHO = {"reason": "they asked", "admin": "cd6d7705392bc7af633328bea"}

CREDITS = """
    select credits, array(
        select (metadata ->> 'credits')::int from "AnalyticsEvent"
        where "userId" = account.id and metadata ->> 'admin' <> 'webhook'
        order by 1
    )
    from "User" as account where id = %s
"""

PAID_LATELY = """
    select "userId" from "AnalyticsEvent"
    where starts_with(metadata ->> 'session', 'cs_') and "createdAt" > '2026-10-20'
    order by "createdAt" limit 1
"""

UNCOUNTED = """
    update "AnalyticsEvent" set metadata = metadata || '{{"credits": "ten"}}' where id = '{}'
"""

SPELT_OTHERWISE = """
    update "User" set email = 'ada@example.com' where id = %(user)s;
    insert into "VerificationToken" values ('Ada@Example.com', 'one', '2026-11-03');
    insert into "PasswordResetToken" values ('1', 'ADA@example.com', 'two', '2026-11-03');
    insert into "LoginAttempt" (id, email, provider, success)
    values ('1', 'adA@example.com', 'credentials', false),
           ('2', 'ada@example.org', 'credentials', false);
"""


@pytest.fixture
def found(scene) -> scenes.Scene:
    """The sample without a fault."""
    one: scenes.Scene = scene(SYSTEM)
    one.plant()
    return one


def plan(found: scenes.Scene, fix: str, given: Mapping[str, str]):
    """A procedure's plan, for the row that somebody types."""
    known = catalog.find_fix(found.project.root, SYSTEM, fix)
    rows = typed.checked(known, typed.from_words([f"{k}={v}" for k, v in given.items()]))
    return found.plan(fix, rows=rows)


def planted(found: scenes.Scene, name: str) -> None:
    """Break it in one way."""
    [fault] = [one for of, one in scenes.all_faults() if (of, one.name) == (SYSTEM, name)]
    found.plant(fault)


def told(found: scenes.Scene, name: str) -> tuple[int, list[int]]:
    """A planted user's credits, and what the events say that no webhook wrote."""
    with found.database.connect() as connection:
        row = connection.execute(CREDITS, [str(uid(name))]).fetchone()
    assert row is not None
    return row


def test_what_was_paid_for_is_added_and_what_came_twice_is_left(found: scenes.Scene) -> None:
    planted(found, "checkouts_without_credits")

    made = found.plan("add_credits", "every_paid_checkout_added_its_credits")
    found.apply(made)

    assert told(found, "payer 1") == (12 + 10 + 10, [10, 10])
    assert told(found, "payer 2") == (12 + 6, [6])
    assert told(found, "payer 3") == (12, [])
    surplus = " ".join(" ".join(one.steps) for one in made.steps)
    assert f"user_id={uid('payer 3')} credits=10" in surplus
    assert len(made.steps) == 3


def test_a_refund_takes_its_part_and_never_more_than_there_is(found: scenes.Scene) -> None:
    planted(found, "refunds_that_cost_nothing")

    made = found.plan("take_back_credits", "every_refund_took_its_credits")
    found.apply(made)

    assert told(found, "refunded 1") == (25 - 10 - 4, [-10, -4])
    assert told(found, "refunded 2") == (0, [-3])
    assert told(found, "refunded 3") == (12, [])
    assert len(made.steps) == 2


def test_a_refund_of_credits_that_nobody_counted_is_left_to_a_person(found: scenes.Scene) -> None:
    planted(found, "refunds_that_cost_nothing")
    found.database.execute(UNCOUNTED.format(uid("back 3 bought")))

    made = found.plan("take_back_credits", "every_refund_took_its_credits")

    assert len(made.steps) == 3
    assert {change.key.get("id") for change in made.changes} >= {str(uid("refunded 1"))}
    assert str(uid("refunded 2")) not in {change.key.get("id") for change in made.changes}


def test_a_debt_is_lifted_and_says_how_much_that_gave(found: scenes.Scene) -> None:
    planted(found, "credits_below_zero")

    found.apply(found.plan("floor_credits", "credits_are_never_negative"))

    assert told(found, "owing 2") == (0, [90])


@pytest.mark.parametrize(
    ("fix", "given", "says"),
    [
        ("add_credits", {"user_id": "nobody", "credits": "1", **WHO}, "there is no user nobody"),
        ("add_credits", {"user_id": "nobody", "credits": "0", **WHO}, "one or more"),
        ("add_credits", {"user_id": "x", "credits": "1", **WHO, "admin": " "}, "is blank"),
        ("take_back_credits", {"user_id": "x", "credits": "-1", **WHO}, "one or more"),
        ("take_back_credits", {"user_id": "x", "credits": "1", **WHO}, "there is no user x"),
        ("promote_admin", {"user_id": "c4ca4238a0b923820dcc509a6"}, "there is no user"),
        ("demote_admin", {"user_id": "c24b299d767a979b1ef4b2e63"}, "is no admin"),
        ("block_user", {"user_id": "nobody"}, "there is no user nobody"),
        ("unblock_user", {"user_id": "c24b299d767a979b1ef4b2e63"}, "is not blocked"),
        ("delete_user", {"user_id": "nobody"}, "there is no user nobody"),
    ],
)
def test_a_procedure_refuses_what_makes_no_sense(
    found: scenes.Scene, fix: str, given: dict[str, str], says: str
) -> None:
    with pytest.raises(PlanError, match=says):
        plan(found, fix, given)


def test_nobody_is_promoted_whom_no_review_has_seen(found: scenes.Scene) -> None:
    with found.database.connect() as connection:
        row = connection.execute(
            "select id from \"User\" where role = 'USER' and id <> all(%s) limit 1",
            [found.settings["admins"]],
        ).fetchone()

    with pytest.raises(PlanError, match="is not among admins"):
        plan(found, "promote_admin", {"user_id": row[0]})


def test_the_schema_as_deployed_has_no_credits_and_blocks_nobody(found: scenes.Scene) -> None:
    planted(found, "accounts_guessed")
    found.database.execute((scenes.folder(SYSTEM) / "deployed.sql").read_text())

    with pytest.raises(PlanError, match=r"no User\.credits"):
        plan(found, "add_credits", {"user_id": "x", "credits": "1", **WHO})
    made = found.plan("block_user", "no_account_is_being_guessed")

    assert not made.changes
    assert any("this schema cannot block" in one.title for one in made.steps)


def test_every_session_ends_and_none_comes_back(found: scenes.Scene) -> None:
    made = plan(found, "end_all_sessions", {"whose": "admins"})
    applied = found.apply(made)

    with found.database.connect() as connection:
        left = connection.execute(
            'select role::text, count(*) from "Session"'
            ' join "User" as account on account.id = "userId" group by 1'
        ).fetchall()
    assert dict(left).keys() == {"USER"}
    assert len(applied.moved) == 2
    assert (made.undo is not None, len(made.steps)) == (True, 1)


def test_a_deleted_user_leaves_no_recording_no_address_and_no_checkout_without_credits(
    found: scenes.Scene,
) -> None:
    with found.database.connect() as connection:
        row = connection.execute(PAID_LATELY).fetchone()
        user = row[0]
        connection.execute(SPELT_OTHERWISE.replace("%(user)s", f"'{user}'").encode())

    applied = found.apply(plan(found, "delete_user", {"user_id": user}))

    site = sites.read(SiteBeside(found.cluster, scenes.folder(SYSTEM)).file)
    everything = [row for rows in found.bytes().values() for row in rows]
    assert (applied.exit_code, len(applied.calls) > 3) == (0, True)
    assert not [key for key in site.buckets["recordings"] if user in key]
    assert not [row for row in everything if "ada@example.com" in row.lower()]
    assert [row for row in everything if "ada@example.org" in row]
    assert scenes.named(found.outcomes()) == {}
