"""AIAS Platform's shapes: what each lacks is named; executions are judged and mended in each."""

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest

from systems import scenes
from trueup import catalog
from trueup.errors import PlanError
from trueup.model.plan import Plan
from trueup.model.verdict import Verdict
from trueup.primary import typed
from trueup.sample import CLOCK
from trueup.sample.planting import ago, uid

Scenes = Callable[[str], scenes.Scene]

DRIFT = "the_schema_is_the_one_we_recorded"
PENDING = "no_workflow_execution_stays_pending"
OVERRUN = "no_workflow_execution_outruns_its_timeout"
ENDLESS = "every_finished_execution_says_when"

ABSENT = {
    "deployed": {},
    "shape_a": {
        "a_user_sees_only_their_own_tier": "subscription_tiers.user_id",
        "each_user_has_one_current_tier": "subscription_tiers.user_id",
        "every_subscription_has_its_tier": "subscription_tiers.user_id",
        "no_current_tier_outlives_its_subscription": "subscription_tiers.user_id",
        "every_webhook_event_is_processed_within_ten_minutes": "webhook_events.processed",
    },
    "shape_b": {
        PENDING: "workflow_executions.started_at",
        "a_member_sees_only_their_own_executions": "workflow_executions.tenant_id",
    },
    "third_vocabulary": {},
}
"""What does not apply in each shape, and the column that it lacks."""

BROKEN = {
    "deployed": {"every_policy_can_be_evaluated", "a_user_sees_only_their_own_tier"},
    "shape_a": set[str](),
    "shape_b": set[str](),
    "third_vocabulary": set[str](),
}
"""What the shape itself breaks, beside being another than the one that was recorded."""

LATE, IN_TIME = ago(seconds=901), ago(seconds=900)

SHAPE_B = (
    "insert into workflow_executions (id, status, start_time, end_time) values (%s, %s, %s, %s)"
)
THIRD = """
    insert into workflow_executions (id, workflow_id, status, started_at, completed_at)
    select %s, id, %s, %s, %s from workflows where enabled order by id limit 1
"""


def shaped(scene: Scenes, shape: str) -> scenes.Scene:
    """The sound sample in another shape."""
    found = scene("aias")
    found.plant()
    found.database.execute((scenes.folder("aias") / f"{shape}.sql").read_text())
    return found


def planted(found: scenes.Scene, sql: str, rows: Mapping[str, tuple[object, ...]]) -> None:
    """Executions by their names: status, start and end of each."""
    named = "exec_{}" if sql is THIRD else "{}"
    with found.database.connect() as connection:
        for name, values in rows.items():
            connection.execute(sql.encode(), [named.format(uid(name)), *values])


def keys(found: scenes.Scene, invariant: str) -> set[str]:
    """The executions that an invariant names, without what the third shape puts before an id."""
    named = scenes.named(found.outcomes()).get(invariant, set())
    return {key.removeprefix("exec_") for key in named}


def there_and_back(found: scenes.Scene, fix: str, invariant: str) -> Plan:
    """Plan, apply, prove and undo a fix; what it leaves to a person is all that is left."""
    before = found.bytes()
    plan = found.plan(fix, invariant)
    applied = found.apply(plan)
    assert (applied.exit_code, bool(applied.moved)) == (0, True)
    assert len(keys(found, invariant)) == len(plan.steps)
    for entry in reversed(applied.entries):
        found.apply(found.plan_undo(entry))
    assert found.bytes() == before
    return plan


@pytest.mark.parametrize("shape", ABSENT)
def test_what_a_shape_lacks_is_named_and_the_rest_is_judged(scene: Scenes, shape: str) -> None:
    outcomes = shaped(scene, shape).outcomes()

    absent = {
        name: outcome.reason
        for name, outcome in outcomes.items()
        if outcome.verdict is Verdict.NOT_APPLICABLE
    }
    assert absent == {name: f"this system has no {it}" for name, it in ABSENT[shape].items()}
    assert scenes.named(outcomes).keys() == BROKEN[shape] | {DRIFT}
    assert {o.verdict for o in outcomes.values()} <= set(Verdict) - {Verdict.UNKNOWN}


def test_as_deployed_every_table_that_asks_who_is_a_member_asks_for_ever(scene: Scenes) -> None:
    found = scenes.named(shaped(scene, "deployed").outcomes())

    assert len(found["every_policy_can_be_evaluated"]) == 7
    tiers = {"subscription_tiers/authenticated", "subscription_tiers/anon"}
    assert found["a_user_sees_only_their_own_tier"] == tiers


def test_shape_b_is_judged_and_mended_by_its_own_words(scene: Scenes) -> None:
    found = shaped(scene, "shape_b")
    planted(
        found,
        SHAPE_B,
        {
            "late": ("running", LATE, None),
            "in time": ("running", IN_TIME, None),
            "without a start": ("running", None, None),
            "completed": ("completed", ago(days=2), None),
            "just failed": ("failed", ago(seconds=30), None),
            "cancelled": ("cancelled", None, None),
            "ended": ("cancelled", None, ago(days=2)),
        },
    )

    assert keys(found, OVERRUN) == {str(uid("late")), str(uid("without a start"))}
    endless = {str(uid(name)) for name in ("completed", "just failed", "cancelled")}
    assert keys(found, ENDLESS) == endless
    failed = there_and_back(found, "fail_timed_out_executions", OVERRUN)
    assert {(change.set["status"], change.set["error_message"]) for change in failed.changes} == {
        ("failed", "Timed out; failed by trueup")
    }
    stamped = there_and_back(found, "stamp_finished_executions", ENDLESS)
    ends = {change.key["id"]: change.set["end_time"] for change in stamped.changes}
    assert ends == {
        str(uid("completed")): (ago(days=2) + timedelta(seconds=900)).isoformat(sep=" ")[:-3],
        str(uid("just failed")): CLOCK.isoformat(sep=" ")[:-3],
    }
    [unknown] = stamped.steps
    assert str(uid("cancelled")) in unknown.title


def test_the_third_vocabulary_is_judged_and_mended_with_ids_that_are_texts(scene: Scenes) -> None:
    found = shaped(scene, "third_vocabulary")
    planted(
        found,
        THIRD,
        {
            "waiting": ("pending", LATE, None),
            "hardly waiting": ("pending", IN_TIME, None),
            "late": ("running", LATE, None),
            "in time": ("running", IN_TIME, None),
            "completed": ("completed", ago(days=2), None),
        },
    )

    for invariant, name, fix in (
        (PENDING, "waiting", "retry_stuck_executions"),
        (OVERRUN, "late", "fail_timed_out_executions"),
        (ENDLESS, "completed", "stamp_finished_executions"),
    ):
        assert keys(found, invariant) == {str(uid(name))}
        assert len(there_and_back(found, fix, invariant).changes) == 1


@pytest.mark.parametrize("measured", [1e300, 10**12, -1])
def test_a_measure_that_cannot_be_is_none(scene: Scenes, measured: float) -> None:
    found = shaped(scene, "third_vocabulary")
    planted(found, THIRD, {"completed": ("completed", ago(days=2), None)})
    with found.database.connect() as connection:
        connection.execute(
            "update workflow_executions set metrics = jsonb_build_object('durationMs', %s::numeric)"
            " where id = %s",
            [measured, f"exec_{uid('completed')}"],
        )

    [change] = there_and_back(found, "stamp_finished_executions", ENDLESS).changes

    end = ago(days=2) + timedelta(seconds=900)
    assert change.set["completed_at"] == f"{end.isoformat(sep=' ')[:-3]}"


@pytest.mark.parametrize(
    ("shape", "execution", "says"),
    [
        ("shape_b", "any", "never wait"),
        ("third_vocabulary", "exec_none", "there is no execution exec_none"),
        ("third_vocabulary", "running", "is running; only one that failed"),
    ],
)
def test_only_what_failed_and_can_wait_is_tried_again(
    scene: Scenes, shape: str, execution: str, says: str
) -> None:
    found = shaped(scene, shape)
    with found.database.connect() as connection:
        running = "select id::text from workflow_executions where status = 'running' limit 1"
        chosen = connection.execute(running).fetchone()
    number = str(chosen[0]) if execution == "running" else execution
    fix = catalog.find_fix(found.project.root, "aias", "retry_execution")

    with pytest.raises(PlanError, match=says):
        found.plan(fix.name, rows=typed.checked(fix, typed.from_words([f"execution_id={number}"])))
