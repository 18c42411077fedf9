"""InterviewLab, where no fault can say it: who may write, what is refused, what does not count."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from msgspec.structs import replace
from psycopg.rows import dict_row

from systems import scenes
from systems.interviewlab.faults import checkout, package
from systems.procedure import planned
from systems.scenes import Scene
from trueup import catalog
from trueup.errors import PlanError
from trueup.model.plan import Op
from trueup.model.verdict import Verdict
from trueup.primary import typed
from trueup.sample import Fault
from trueup.sample.planting import ago, quietly, uid

SOMEBODY = (
    "select id::text from auth.users where email_confirmed_at is not null order by id limit 1"
)

HELP_ONESELF = """
    insert into entitlements (user_id, type, remaining_interviews)
    values (%s, 'interview_package', 1998)
"""

BY_HAND = """
    insert into entitlements (id, user_id, type, status, remaining_interviews, created_at)
    select md5('by hand')::uuid, id, 'interview_package', 'active', 2, created_at
    from auth.users order by id limit 1
"""

HALF_GRANTED = """
    update entitlements set {} where id = md5('fault-lost 2 package')::uuid
"""

UNBOOKED = """
    delete from entitlement_history where entitlement_id in (
        select id from entitlements where payment_provider = 'whop'
    );
"""

USED = """
    insert into entitlement_history (
        user_id, entitlement_id, action, previous_balance, new_balance, created_at
    )
    select user_id, id, 'consume', 3, 2, created_at + interval '1 day'
    from entitlements where id = md5('by hand')::uuid
"""


@pytest.fixture
def lab(scene) -> Scene:
    """InterviewLab's sample without a fault."""
    found: Scene = scene("interviewlab")
    found.plant()
    return found


def one(lab: Scene, sql: str) -> str:
    with lab.database.connect() as connection:
        row = connection.execute(sql.encode()).fetchone()
    assert row is not None
    return str(row[0])


@contextmanager
def signed_in(lab: Scene, user: str) -> Iterator[psycopg.Connection]:
    """A user's session at the primary, as the API has it; nothing of it stays."""
    with lab.database.connect() as connection, connection.transaction(force_rollback=True):
        claims = f'{{"sub": "{user}", "role": "authenticated"}}'
        connection.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        connection.execute("set local role authenticated")
        yield connection


def known(name: str) -> Fault:
    """The fault of this name."""
    [found] = [one for of, one in scenes.all_faults() if (of, one.name) == ("interviewlab", name)]
    return found


def test_a_user_helps_themselves_until_the_policies_are_dropped(lab: Scene) -> None:
    fault = known("users_write_entitlements")
    lab.plant(fault)
    user = one(lab, SOMEBODY)
    with signed_in(lab, user) as connection:
        assert connection.execute(HELP_ONESELF, [user]).rowcount == 1

    lab.apply(lab.plan("drop_policy", fault.invariant))

    with (
        signed_in(lab, user) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"),
    ):
        connection.execute(HELP_ONESELF, [user])


def test_a_grant_by_hand_is_logged_as_what_it_was_before_it_was_used(lab: Scene) -> None:
    lab.database.execute(BY_HAND + ";" + USED)
    entitlement = one(lab, "select md5('by hand')::uuid")
    typed_row = {"entitlement_id": entitlement, "granted_by": "ops", "reason": "an outage"}

    lab.apply(planned(lab, "log_manual_grant", **typed_row))

    with lab.database.connect() as connection, connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "select action, previous_balance, new_balance from entitlement_history"
            " where entitlement_id = %s order by created_at",
            [entitlement],
        ).fetchall()
    assert rows == [
        {"action": "grant", "previous_balance": 0, "new_balance": 3},
        {"action": "consume", "previous_balance": 3, "new_balance": 2},
    ]
    with pytest.raises(PlanError, match="the history says already"):
        planned(lab, "log_manual_grant", **typed_row)


def test_what_was_granted_after_the_plan_of_its_delivery_is_not_granted_again(lab: Scene) -> None:
    lost = known("deliveries_failed")
    lab.plant(lost)
    delivery = lab.plan("replay_stripe_events", lost.invariant)
    assert delivery.calls

    lab.apply(lab.plan("grant_paid_interviews", "every_paid_checkout_granted_its_interviews"))
    applied = lab.apply(delivery)

    assert (applied.exit_code, len(applied.calls)) == (0, 0)
    assert scenes.named(lab.outcomes()) == {}


def test_what_lapsed_is_not_said_to_have_been_used(lab: Scene) -> None:
    left_open = known("entitlements_left_open")
    lapsed = package("lapsed", 2, (5, 4), expires_at=ago(days=1))
    lab.plant(replace(left_open, plant=left_open.plant + quietly(lapsed)))

    lab.apply(lab.plan("close_spent_entitlements", left_open.invariant))
    lab.apply(lab.plan("log_missing_consumption", "every_balance_equals_its_last_history_row"))

    with lab.database.connect() as connection:
        said = connection.execute(
            "select action, new_balance from entitlement_history"
            " where user_id = %s order by created_at",
            [uid("lapsed")],
        ).fetchall()
        [closed] = connection.execute(
            "select status, remaining_interviews from entitlements where user_id = %s",
            [uid("lapsed")],
        ).fetchall()
    assert said == [("purchase", 5), ("consume", 4), ("consume", 3), ("consume", 2)]
    assert closed == ("expired", 2)
    assert scenes.named(lab.outcomes()) == {}


def test_the_same_grant_typed_twice_is_one(lab: Scene) -> None:
    fix = catalog.find_fix(lab.project.root, lab.system, "grant_interviews")
    row = {"user_id": one(lab, SOMEBODY), "interviews": "3", "reason": "the webhook failed"}

    plan = lab.plan("grant_interviews", rows=typed.checked(fix, [row, row]))

    assert [change.table for change in plan.changes] == ["entitlements", "entitlement_history"]


@pytest.mark.parametrize(
    ("fix", "row", "says"),
    [
        ("grant_interviews", {"interviews": 0, "reason": "x"}, "say 1 to 100"),
        ("grant_interviews", {"interviews": 101, "reason": "x"}, "say 1 to 100"),
        ("confirm_e_mail", {}, "is confirmed already"),
    ],
)
def test_what_makes_no_sense_is_refused(lab: Scene, fix: str, row, says: str) -> None:
    with pytest.raises(PlanError, match=says):
        planned(lab, fix, user_id=one(lab, SOMEBODY), **row)


@pytest.mark.parametrize(
    ("fix", "row", "says"),
    [
        ("grant_interviews", {"user_id": "{}", "interviews": 3, "reason": "x"}, "there is no user"),
        ("confirm_e_mail", {"user_id": "{}"}, "there is no user"),
        (
            "log_manual_grant",
            {"entitlement_id": "{}", "granted_by": "ops", "reason": "x"},
            "there is no entitlement",
        ),
    ],
)
def test_whom_nobody_knows_gets_nothing(lab: Scene, fix: str, row, says: str) -> None:
    nobody = "00000000-0000-0000-0000-00000000dead"
    given = {name: nobody if value == "{}" else value for name, value in row.items()}

    with pytest.raises(PlanError, match=says):
        planned(lab, fix, **given)


def test_interviews_of_another_week_do_not_count(lab: Scene) -> None:
    given_up = known("interviews_given_up")
    lab.plant(replace(given_up, plant=""))

    assert lab.outcomes()[given_up.invariant].verdict is Verdict.HOLDS


def test_what_was_paid_another_way_was_paid_and_is_booked_as_anything_is(lab: Scene) -> None:
    later = (scenes.folder("interviewlab") / "later.sql").read_text()
    lab.database.execute(later + UNBOOKED)
    with lab.database.connect() as connection:
        paid = connection.execute(
            "select id::text from entitlements where payment_provider = 'whop' order by id"
        ).fetchall()
        connection.execute(
            "update entitlements set whop_membership_id = null where id = %s", paid[0]
        )

    named = scenes.named(lab.outcomes())

    assert len(paid) == 3
    assert named["every_entitlement_was_paid_or_logged"] == {paid[0][0]}
    assert named["every_balance_equals_its_last_history_row"] == {paid[1][0], paid[2][0]}


def test_the_steps_for_a_copied_checkout_end_the_copy(lab: Scene) -> None:
    again = known("checkouts_granted_again")
    lab.plant(again)
    plan = lab.plan("revoke_repeated_grant", again.invariant)
    [guide] = plan.steps
    lab.apply(plan)

    copied = str(uid("robber package"))
    statements = [one for step in guide.steps for one in written_out(step, copied)]
    for statement in statements:
        lab.database.execute(statement)

    assert [one.split()[0] for one in statements] == ["select", "insert", "update"]
    named = scenes.named(lab.outcomes())
    assert again.invariant not in named
    assert copied not in named.get("every_balance_equals_its_last_history_row", set())


@pytest.mark.parametrize(
    ("so", "title"),
    [
        ("user_id = md5('fault-lost 1')::uuid", "find out who paid for"),
        ("status = 'consumed', expires_at = '2026-11-01'", "decide what is owed"),
        ("status = 'expired'", "decide what is owed"),
    ],
    ids=["in another user's row", "lapsed", "ended"],
)
def test_what_was_granted_in_part_is_filled_up_for_whoever_paid_and_while_it_runs(
    lab: Scene, so: str, title: str
) -> None:
    lost = known("checkouts_not_granted")
    lab.plant(replace(lost, plant=lost.plant + quietly(HALF_GRANTED.format(so) + ";")))

    plan = lab.plan("grant_paid_interviews", lost.invariant)
    applied = lab.apply(plan)

    assert {change.op for change in plan.changes} == {Op.INSERT}
    assert (applied.exit_code, len(applied.moved)) == (0, 2)
    [guide] = [steps for steps in plan.steps if "lost 2" in named_in(steps.title)]
    assert guide.title.startswith(title)


def test_what_was_granted_beyond_and_never_logged_is_said(lab: Scene) -> None:
    lost = known("checkouts_not_granted")
    unlogged = "delete from entitlement_history where user_id = md5('fault-lost 5')::uuid;"
    lab.plant(replace(lost, plant=lost.plant + quietly(unlogged)))

    plan = lab.plan("grant_paid_interviews", lost.invariant)

    [guide] = [steps for steps in plan.steps if "lost 5" in named_in(steps.title)]
    assert guide.steps[0] == "It is worth 3 interviews, and 5 were granted."


def named_in(title: str) -> set[str]:
    """Whose checkout session a title names."""
    return {f"lost {n}" for n in range(1, 7) if checkout(f"lost {n}") in title}


def written_out(step: str, row: str) -> list[str]:
    """The statements of a step, with the id of the row that a person chose."""
    found = re.findall(r"(?:select .* from|insert into|update) .*?;", step)
    return [one.replace("'…'", f"'{row}'") for one in found]
