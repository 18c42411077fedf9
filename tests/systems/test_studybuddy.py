"""StudyBuddy's procedures, where no fault can say it: what they keep, and what they refuse."""

import json

import pytest

from systems.procedure import planned
from systems.scenes import Scene
from trueup.errors import PlanError

HELD = """
    select user_id from admin_overrides
    where quota_overrides ->> 'ai_extractions' = '{}'
    order by id limit 1
"""

ON_PRO = """
    select user_id
    from subscriptions join plans on plans.id = plan_id and plans.name = 'Pro'
    where status = 'active' and user_id not in (select user_id from admin_overrides)
    order by user_id limit 1
"""

WHO_LEFT = """
    select user_id, status, plan_id
    from subscriptions
    where status = 'canceled' and plan_id is not null
    order by user_id limit 1
"""

NOW = "select user_id, status, plan_id from subscriptions where user_id = '{}'"

OVERRIDE = "select quota_overrides, notes from admin_overrides where user_id = '{}'"

ENDED = """
    update admin_overrides set quota_overrides = '{{}}', notes = {}
    where id = (select min(id::text)::uuid from admin_overrides) returning user_id
"""


@pytest.fixture
def sound(scene) -> Scene:
    """StudyBuddy's sample without a fault."""
    found: Scene = scene("studybuddy")
    found.plant()
    return found


@pytest.mark.parametrize(
    ("who", "jobs"),
    [(HELD.format(-1), 40), (HELD.format(200), 180), (ON_PRO, 30)],
    ids=["without a limit", "for good", "by their plan"],
)
def test_an_override_never_takes_from_what_somebody_has(sound: Scene, who: str, jobs: int) -> None:
    user = sound.row(who)["user_id"]

    with pytest.raises(PlanError, match=f"user {user} may do as much already"):
        planned(sound, "grant_quota_override", user_id=user, jobs=jobs)


def test_an_override_gives_one_more_than_somebody_has(sound: Scene) -> None:
    user = sound.row(ON_PRO)["user_id"]

    [change] = planned(sound, "grant_quota_override", user_id=user, jobs=31).changes

    assert json.loads(str(change.set["quota_overrides"])) == {"ai_extractions": 51}


@pytest.mark.parametrize(
    ("notes", "then"),
    [
        ("'Research partner'", "Research partner\n{}"),
        ("'temporary, for the exams'", "temporary, for the exams"),
        ("''", "{}"),
        ("null", "{}"),
    ],
)
def test_an_override_that_begins_again_keeps_its_notes(sound: Scene, notes: str, then: str) -> None:
    user = sound.row(ENDED.format(notes))["user_id"]

    sound.apply(planned(sound, "grant_quota_override", user_id=user, jobs=40))

    became = sound.row(OVERRIDE.format(user))
    assert became["quota_overrides"] == {"ai_extractions": 60}
    said = "Temporary rate limit increase by trueup - expires in 24h"
    assert became["notes"] == then.format(said)


def test_a_subscription_keeps_its_plan_where_none_is_typed(sound: Scene) -> None:
    before = sound.row(WHO_LEFT)

    sound.apply(planned(sound, "set_subscription", user_id=before["user_id"], status="expired"))

    assert sound.row(NOW.format(before["user_id"])) == before | {"status": "expired"}


def test_to_pause_a_plan_that_there_is_not_is_refused(sound: Scene) -> None:
    with pytest.raises(PlanError, match="there is no active plan 'pro'; there are Free, Pro"):
        planned(sound, "pause_ai_extractions", plan="pro")

    sound.apply(planned(sound, "pause_ai_extractions", plan="Pro"))
    assert not planned(sound, "pause_ai_extractions", plan="Pro").changes
    assert planned(sound, "pause_ai_extractions", plan="").changes
