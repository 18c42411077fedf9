"""Cursor Venture Companion's fixes: what they refuse, and what they leave to a person."""

from datetime import timedelta
from functools import partial

import pytest
from msgspec.structs import replace

from fix_database import opened
from systems.procedure import planned
from systems.scenes import Scene, folder
from systems.venture_companion.faults import (
    STRIPE,
    customer_of,
    payer,
    profiles,
    sub_of,
    subscribed,
)
from trueup import catalog
from trueup.errors import ApplyError, PlanError
from trueup.sample import CLOCK, Fault, faults
from trueup.sample.planting import quietly, supabase_user, uid
from trueup.sample.stripe import Account

NOBODY = "00000000-0000-0000-0000-00000000dead"

THIRD_ADMIN = "134ad24e-9980-6ca1-1119-7065657dbf5e"

PAYING = "every_active_subscriber_has_a_paid_tier"

NOW_TORN = """
    select subscription_status, subscription_tier, stripe_customer_id
    from user_profiles where user_id = md5('fault-torn')::uuid::text
"""


@pytest.fixture
def sound(scene) -> Scene:
    """The sample without a fault."""
    found: Scene = scene("venture_companion")
    found.plant()
    return found


def planted(sound: Scene, *names: str) -> None:
    """Break it by the faults of these names."""
    known = {fault.name: fault for fault in faults.load(folder(sound.system))}
    sound.plant(*(known[name] for name in names))


@pytest.mark.parametrize(
    ("fix", "row", "says"),
    [
        ("grant_admin", {"id": NOBODY}, "is not among admins in the system's settings"),
        ("revoke_admin", {"id": THIRD_ADMIN}, "is no admin"),
        ("revoke_admin", {"id": NOBODY}, "is no admin"),
        ("reset_usage", {"user_id": "", "tier": ""}, "say whose usage is reset"),
        (
            "set_subscription",
            {"user_id": NOBODY, "status": "free", "tier": "free", "customer": ""},
            "has no profile",
        ),
        ("delete_user", {"user_id": NOBODY}, "there is no user"),
    ],
)
def test_what_cannot_be_is_refused_and_says_why(
    sound: Scene, fix: str, row: dict[str, str], says: str
) -> None:
    with pytest.raises(PlanError, match=says):
        planned(sound, fix, **row)


def test_an_admin_without_features_becomes_one_all_the_same(sound: Scene) -> None:
    theirs = f"update user_profiles set premium_features = null where user_id = '{THIRD_ADMIN}'"
    sound.database.execute(theirs)

    sound.apply(planned(sound, "grant_admin", id=THIRD_ADMIN))

    said = sound.row(
        f"select premium_features as f from user_profiles where user_id = '{THIRD_ADMIN}'"
    )
    assert said["f"] == {
        "enabled": False,
        "tokenLimit": 4000,
        "voiceToText": False,
        "customPrompts": False,
        "advancedFilters": False,
        "admin": True,
    }


def test_a_tier_that_nobody_pays_for_is_not_given(sound: Scene) -> None:
    free = "select user_id from user_profiles where subscription_status = 'free' order by 1 limit 1"
    user = sound.row(free)["user_id"]
    plan = planned(
        sound, "set_subscription", user_id=user, status="active", tier="pro", customer=""
    )

    with pytest.raises(ApplyError, match="every_paying_profile_names_its_stripe_customer"):
        sound.apply(plan)


def test_all_of_a_tier_begin_this_month_anew_and_keep_the_months_before(sound: Scene) -> None:
    meters = """
        select count(*) filter (where period_start >= '2026-11-01') as now, count(*) as ever
        from usage_metrics join user_profiles using (user_id)
        where subscription_tier = 'enterprise'
    """
    before = sound.row(meters)

    applied = sound.apply(planned(sound, "reset_usage", user_id="", tier="enterprise"))

    after = sound.row(meters)
    assert before["now"] == len(applied.moved) > 0
    assert (after["now"], after["ever"]) == (0, before["ever"] - before["now"])


def test_whoever_owns_an_organization_of_others_hands_it_over_first(sound: Scene) -> None:
    theirs = sound.row("select id, owner_id from organizations order by id limit 1")

    plan = planned(sound, "delete_user", user_id=theirs["owner_id"])

    assert not plan.does_something
    [step] = plan.steps
    assert step.title.startswith(f"hand the organization {theirs['id']} over")


def test_a_profile_becomes_what_stripe_says(sound: Scene) -> None:
    planted(sound, "subscriptions_not_mirrored")
    sound.apply(
        sound.plan("sync_profile_from_stripe", "every_live_stripe_subscription_is_mirrored")
    )

    def profile(name: str) -> tuple[object, ...]:
        row = sound.row(
            f"""
            select subscription_status as status, subscription_tier as tier,
                   stripe_customer_id is not null as has_customer
            from user_profiles where user_id = md5('fault-{name}')::uuid::text
            """,
        )
        return tuple(row.values())

    assert profile("lost 1") == ("inactive", "free", True)  # cancelled
    assert profile("lost 2") == ("inactive", "free", True)  # overdue
    assert profile("lost 4") == ("active", "pro", True)  # had no profile
    assert profile("lost 6") == ("active", "enterprise", True)  # pays for another tier
    assert profile("lost 7") == ("active", "pro", True)  # at a price that nobody knows: left alone
    assert profile("lost 11") == ("active", "pro", True)  # had no customer
    assert profile("lost 9") == profile("lost 10") == ("active", "pro", True)  # one customer's


def paying(account: Account, first: str = "active") -> None:
    """Two customers of one user; the first may have ended."""
    for name, status in (("torn once", first), ("torn again", "active")):
        subscribed(account, name, metadata={"user_id": str(uid("torn"))}, status=status)


TORN = Fault(
    name="torn",
    invariant=PAYING,
    plant=quietly(payer("torn", "free", stripe_customer_id=None)),
    keys=profiles("torn"),
    stripe=paying,
)


@pytest.mark.parametrize(
    "plant",
    [supabase_user("torn"), payer("torn", stripe_customer_id=None)],
    ids=["without a profile", "with one that names no customer"],
)
def test_who_pays_as_two_customers_holds_up_nobody(sound: Scene, plant: str) -> None:
    [lost] = [one for one in STRIPE if one.name == "subscriptions_not_mirrored"]

    def both(account: Account) -> None:
        assert lost.stripe is not None
        lost.stripe(account)
        paying(account)

    sound.plant(replace(lost, plant=lost.plant + quietly(plant), stripe=both))
    plan = sound.plan("sync_profile_from_stripe", lost.invariant)

    assert sound.apply(plan).exit_code == 0
    titles = {one.title for one in plan.steps}
    assert {f"find out whose {one} is" for one in sub_of("torn once", "torn again")} <= titles
    assert str(uid("torn")) not in {change.set.get("user_id") for change in plan.changes}


def test_whoever_pays_as_two_customers_is_not_cut_off(sound: Scene) -> None:
    sound.plant(TORN)

    plan = sound.plan("sync_profile_from_stripe", PAYING)

    assert not plan.changes
    [step] = plan.steps
    assert step.title.startswith("say which of the customers cus_")


def test_a_customer_who_pays_twice_is_settled_by_the_subscription_that_speaks(sound: Scene) -> None:
    def again(account: Account) -> None:
        subscribed(account, "torn", number="sub_torn_again", since=CLOCK - timedelta(days=2))

    free = quietly(payer("torn", "free"))
    sound.plant(replace(TORN, plant=free, stripe=again))

    plan = sound.plan("sync_profile_from_stripe", PAYING)

    [step] = plan.steps
    assert step.title.startswith("settle sub_torn_again: its customer cus_")


def test_a_customer_whose_subscription_ended_says_nothing_against_the_one_who_pays(
    sound: Scene,
) -> None:
    sound.plant(replace(TORN, stripe=partial(paying, first="canceled")))

    sound.apply(sound.plan("sync_profile_from_stripe", PAYING))

    assert sound.row(NOW_TORN) == {
        "subscription_status": "active",
        "subscription_tier": "pro",
        "stripe_customer_id": customer_of("torn again"),
    }


def test_without_a_key_to_stripe_nothing_is_guessed(sound: Scene) -> None:
    planted(sound, "payers_on_the_free_tier")
    found = catalog.find_fix(sound.project.root, sound.system, "sync_profile_from_stripe")
    broken = sound.outcomes()["every_active_subscriber_has_a_paid_tier"].violations
    with opened(sound.database) as session, session.reading() as reader:
        changes = list(found.plan(broken, reader, None, sound.settings))

    assert len(changes) == len(broken) == 2
    assert all("ask Stripe" in change.title for change in changes)


def test_who_would_be_over_the_limit_once_counted_is_left_to_a_person(sound: Scene) -> None:
    planted(sound, "runs_metered_too_little")

    plan = sound.plan("recount_usage", "metered_runs_cover_recorded_runs")

    [left] = plan.steps
    assert left.title == (
        "decide about a user who ran 101 times this month, of 100 that their tier allows"
    )
    assert {change.set["metric_value"] for change in plan.changes} == {"5", "9", "4"}
