"""Whoever pays is never cut off by a fix, however torn what is said of them."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from systems import scenes
from systems.studybuddy.faults import payer, student, subscribed
from trueup.sample import CLOCK, Fault
from trueup.sample.planting import ago, quietly, uid
from trueup.sample.stripe import Account


def known(name: str) -> Fault:
    """StudyBuddy's fault of this name."""
    [found] = [one for of, one in scenes.all_faults() if (of, one.name) == ("studybuddy", name)]
    return found


def again(account: Account) -> None:
    """The customer of whoever pays twice buys a second subscription."""
    account.subscription(
        "sub_again",
        f"cus_{uid('twice').hex[:18]}",
        "price_pro_monthly",
        created=ago(days=2),
        ends=CLOCK + timedelta(days=20),
        metadata={"user_id": str(uid("twice"))},
    )


def twice(account: Account) -> None:
    """One customer of nobody's row, who pays twice."""
    subscribed(account, "twice", ago(days=3))
    again(account)


def torn(account: Account) -> None:
    """Two customers, both of one user who has no row."""
    for name in ("twice once", "twice again"):
        subscribed(account, name, ago(days=3), metadata={"user_id": str(uid("twice"))})


def test_a_payer_as_two_customers_is_left_to_a_person(scene) -> None:
    found = scene("studybuddy")
    torn = known("payer_as_two_customers")
    found.plant(torn)

    plan = found.plan("sync_subscription_from_stripe", torn.invariant)

    assert not plan.changes
    [steps] = plan.steps
    assert steps.title.startswith("say which of the customers cus_")


@pytest.mark.parametrize(
    ("plant", "pays", "title"),
    [
        (payer("twice"), again, "settle what cus_"),
        (student("twice"), twice, "settle what cus_"),
        (student("twice"), torn, "find out whose sub_"),
    ],
    ids=["with a row", "without one", "as two customers"],
)
def test_who_pays_twice_is_left_to_a_person_and_holds_up_nobody(
    scene, plant: str, pays, title: str
) -> None:
    found = scene("studybuddy")
    lost = known("subscriptions_not_mirrored")

    def both(account: Account) -> None:
        assert lost.stripe is not None
        lost.stripe(account)
        pays(account)

    found.plant(replace(lost, plant=lost.plant + quietly(plant), stripe=both))
    plan = found.plan("sync_subscription_from_stripe", lost.invariant)
    applied = found.apply(plan)

    assert applied.exit_code == 0
    assert len(plan.targets) == len(lost.keys) - 1  # one is nobody's
    assert str(uid("twice")) not in {change.set.get("user_id") for change in plan.changes}
    assert plan.steps[0].title.startswith(title)
