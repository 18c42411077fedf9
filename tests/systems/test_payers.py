"""Whoever pays is never cut off by a fix, however torn what is said of them."""

from systems import scenes


def test_a_payer_as_two_customers_is_left_to_a_person(scene) -> None:
    found = scene("studybuddy")
    [torn] = [one for _, one in scenes.all_faults() if one.name == "payer_as_two_customers"]
    found.plant(torn)

    plan = found.plan("sync_subscription_from_stripe", torn.invariant)

    assert not plan.changes
    [steps] = plan.steps
    assert steps.title.startswith("say which of the customers cus_")
