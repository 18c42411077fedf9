"""AIAS Platform: limits that are shares, and fixes by what else is so than in its faults."""

import json
import re
from collections.abc import Callable

import pytest

from systems import scenes
from trueup import catalog
from trueup.errors import PlanError
from trueup.model.change import Call, Steps
from trueup.model.verdict import Verdict
from trueup.model.violation import Violation
from trueup.primary import typed
from trueup.sample import Fault
from trueup.sample.planting import uid

Scenes = Callable[[str], scenes.Scene]

ERRORS = """
    insert into error_logs ("timestamp", error)
    select timestamptz '2026-11-02 11:00:00+00', '{{}}' from generate_series(1, {})
"""

NO_CALLS = """
    update usage_metrics set "timestamp" = '2026-01-01' where "timestamp" >= '2026-11-02 11:00+00'
"""

COMPLETE = """
    select id from auth.users
    where created_at >= '2026-11-01 12:00+00' and created_at < '2026-11-02 11:00+00'
        and email_confirmed_at is not null
    order by id limit {}
"""
"""So many of the 26 who completed their sign-up, of 27 in all."""

ONLY_ADMIN = """
    update tenant_members set role = 'member'
    where status = 'active' and user_id = (
        select user_id from tenant_members
        join tenants on tenants.id = tenant_members.tenant_id
        where tenants.subdomain = 'tenant-52' and role = 'admin' order by user_id limit 1
    )
    returning (
        select user_id from tenant_members as other
        where other.tenant_id = tenant_members.tenant_id and other.role = 'admin'
            and other.user_id <> tenant_members.user_id
    ), tenant_id
"""
"""Of the two admins of a tenant that pays nothing, one is none any more; gives the other."""


@pytest.fixture
def sound(scene: Scenes) -> scenes.Scene:
    """AIAS Platform's sample without a fault."""
    found = scene("aias")
    found.plant()
    return found


def known(name: str) -> Fault:
    """The fault of this name."""
    [found] = [one for of, one in scenes.all_faults() if (of, one.name) == ("aias", name)]
    return found


def verdict(found: scenes.Scene, name: str) -> Verdict:
    return found.outcomes()[name].verdict


def rows(fix: str, *words: str) -> list[Violation]:
    known = catalog.find_fix(scenes.ROOT, "aias", fix)
    return list(typed.checked(known, typed.from_words(words)))


@pytest.mark.parametrize(
    ("more", "calls", "is_"),
    [
        (3, "", Verdict.HOLDS),
        (4, "", Verdict.VIOLATED),
        (1, NO_CALLS, Verdict.HOLDS),
        (2, NO_CALLS, Verdict.VIOLATED),
    ],
    ids=["one percent", "more", "four without a call", "five without a call"],
)
def test_errors_are_rare_up_to_one_call_in_a_hundred(
    sound: scenes.Scene, more: int, calls: str, is_: Verdict
) -> None:
    sound.database.execute(f"{calls}; {ERRORS.format(more)}")

    assert verdict(sound, "errors_stay_rare") is is_


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("errors_frequent", {"errors": 11, "calls": 600}),
        (
            "sign_ups_without_profile",
            {"sign_ups": 31, "complete": 26, "unconfirmed": 1, "without_profile": 4},
        ),
        (
            "sign_ups_not_confirmed",
            {"sign_ups": 33, "complete": 27, "unconfirmed": 6, "without_profile": 0},
        ),
    ],
)
def test_a_rate_says_of_how_many_it_is(scene: Scenes, fault: str, said: dict[str, int]) -> None:
    found = scene("aias")
    [planted] = [one for of, one in scenes.all_faults() if (of, one.name) == ("aias", fault)]
    found.plant(planted)

    [violation] = found.outcomes()[planted.invariant].violations

    assert {name: violation[name] for name in said} == said


def test_a_tenant_without_an_admin_says_how_many_are_left(scene: Scenes) -> None:
    found = scene("aias")
    [planted] = [one for _, one in scenes.all_faults() if one.name == "tenants_without_admin"]
    found.plant(planted)

    left = found.outcomes()[planted.invariant].violations

    wanted = {str(uid(f"headless {n}")): members for n, members in enumerate((2, 1, 2, 0), start=1)}
    assert {violation.key[0]: violation["members"] for violation in left} == wanted


@pytest.mark.parametrize(
    ("incomplete", "fewer", "is_"),
    [(0, 7, Verdict.HOLDS), (1, 7, Verdict.VIOLATED), (1, 8, Verdict.HOLDS)],
    ids=["19 of 20", "18 of 20", "17 of 19"],
)
def test_sign_ups_complete_from_nineteen_in_twenty_on(
    sound: scenes.Scene, incomplete: int, fewer: int, is_: Verdict
) -> None:
    sound.database.execute(
        "update auth.users set email_confirmed_at = null where id in"
        f" ({COMPLETE.format(incomplete)});"
        f" delete from auth.users where id in ({COMPLETE.format(fewer)})"
    )

    assert verdict(sound, "sign_ups_complete") is is_


def test_billing_is_reconciled_by_one_request_when_somebody_asks(sound: scenes.Scene) -> None:
    plan = sound.plan("reconcile_billing", rows=rows("reconcile_billing", "scope=everybody"))

    assert [one.words for one in plan.calls] == ["POST platform:/api/billing/reconcile"]
    assert plan.undo is not None
    assert sound.apply(plan).exit_code == 0
    assert scenes.named(sound.outcomes()) == {}
    with pytest.raises(PlanError, match="everybody"):
        rows("reconcile_billing", "scope=somebody")


def test_without_the_platform_as_a_service_a_person_asks_it() -> None:
    fix = catalog.find_fix(scenes.ROOT, "aias", "reconcile_billing")
    violation = rows("reconcile_billing", "scope=everybody")

    [without] = fix.plan(violation, services=())
    [called] = fix.plan(violation, services={"platform"})

    assert isinstance(without, Steps)
    assert "curl -X POST" in without.steps[0]
    assert isinstance(called, Call)


def test_the_only_admin_of_a_tenant_is_not_deleted_before_another_is_named(
    sound: scenes.Scene,
) -> None:
    with sound.database.connect() as connection:
        [(user, tenant)] = connection.execute(ONLY_ADMIN).fetchall()
    asked = rows("delete_user", f"user_id={user}")

    alone = sound.plan("delete_user", rows=asked)
    sound.database.execute(f"update tenants set status = 'cancelled' where id = '{tenant}'")
    closed = sound.plan("delete_user", rows=asked)

    assert not alone.does_something
    assert str(tenant) in alone.steps[0].title
    assert "auth.users" in {change.table for change in closed.changes}


def test_what_was_put_back_too_often_or_for_nobody_fails_and_the_rest_waits_again(
    scene: Scenes,
) -> None:
    found = scene("aias")
    [fault] = [one for of, one in scenes.all_faults() if one.name == "executions_pending"]
    found.plant(fault)

    plan = found.plan("retry_stuck_executions", fault.invariant)

    became = {change.key["id"]: change.set for change in plan.changes}
    waits = {str(uid(f"waiting {n}")): retries for n, retries in ((1, 1), (2, 1), (3, 3))}
    fails = {
        str(uid("waiting 4")): "It was put back 3 times; failed by trueup",
        str(uid("waiting 5")): "Its workflow is switched off or gone; failed by trueup",
        str(uid("waiting 6")): "Its tenant is not served; failed by trueup",
        str(uid("waiting 7")): "Its workflow is switched off or gone; failed by trueup",
    }
    assert {
        number: json.loads(str(said["metadata"]))["retries"]
        for number, said in became.items()
        if "metadata" in said
    } == waits
    assert {
        number: json.loads(str(said["error"]))["message"]
        for number, said in became.items()
        if "error" in said
    } == fails


@pytest.mark.parametrize("shape", ["", "shape_b.sql"])
def test_the_steps_for_a_tenant_beyond_its_plan_can_be_followed(scene: Scenes, shape: str) -> None:
    found, greedy = scene("aias"), known("tenants_beyond_their_plan")
    found.plant(greedy)
    found.database.execute(f"update tenants set limits = null where id = '{uid('greedy free')}'")
    if shape:
        found.database.execute((scenes.folder("aias") / shape).read_text())

    plan = found.plan("fit_tenant_into_plan", greedy.invariant)

    [guide] = [one for one in plan.steps if str(uid("greedy free")) in one.title]
    look, _, promise, _ = guide.steps
    for statement in re.findall(r"(?:select|update) .*;", f"{look}\n{promise}"):
        found.database.execute(statement.replace("…", "4"))
    left = scenes.named(found.outcomes())[greedy.invariant]
    assert left == greedy.keys - {str(uid("greedy free"))}
