"""Every row of the catalog: it holds on sound data, and names exactly what was planted."""

import pytest

from systems import everything, scenes
from trueup.model.plan import Op
from trueup.model.verdict import Verdict
from trueup.sample import Fault

FIXED = [
    pytest.param(*pair, id=".".join((pair[0], pair[1].name, pair[2]))) for pair in scenes.pairs()
]
PLANTED = [pytest.param(s, f, id=f"{s}.{f.name}") for s, f in scenes.all_faults()]


@pytest.mark.parametrize("system", scenes.systems())
def test_sound_data_holds_and_says_how_much_was_judged(scene, system: str) -> None:
    found = scene(system)
    found.plant()

    outcomes = found.outcomes()

    assert {name: o.verdict for name, o in outcomes.items() if o.verdict != Verdict.HOLDS} == {}
    assert all(sum(outcome.judged.values()) > 0 for outcome in outcomes.values())


@pytest.mark.parametrize(("system", "fault"), PLANTED)
def test_a_fault_is_named_exactly(scene, system: str, fault: Fault) -> None:
    found = scene(system)
    found.plant(fault)

    outcomes = found.outcomes()

    assert scenes.named(outcomes) == scenes.expected([fault])
    assert scenes.unsound(outcomes) == {}


@pytest.mark.parametrize(("system", "fault", "fix"), FIXED)
def test_a_fix_mends_what_its_invariant_names_and_its_undo_leaves_no_trace(
    scene, system: str, fault: Fault, fix: str
) -> None:
    found = scene(system)
    found.plant(fault)
    before, shape = found.bytes(), found.shape()

    plan = found.plan(fix, fault.invariant)
    assert len(plan.targets) + len(plan.steps) >= len(fault.keys)
    applied = found.apply(plan)
    assert not applied.left or applied.calls
    assert not any(proof.failed for proof in applied.proofs)

    left = scenes.named(found.outcomes())
    stepped = scenes.stepped(plan, fault)
    assert left.get(fault.invariant, set()) == stepped
    assert all(keys <= scenes.expected([fault])[name] for name, keys in left.items())
    again = found.apply(plan)
    assert (len(again.moved), len(again.entries), again.exit_code) == (0, 0, 0)
    if plan.undo is None:
        for entry in reversed(applied.entries):
            found.apply(found.plan_undo(entry))
        assert found.bytes() == before
        assert found.shape() == shape


@pytest.mark.parametrize(("system", "fault", "fix"), FIXED)
def test_a_row_that_changed_since_the_plan_is_left_alone_and_listed(
    scene, system: str, fault: Fault, fix: str
) -> None:
    found = scene(system)
    found.plant(fault)
    plan = found.plan(fix, fault.invariant)
    planned = [one for one in plan.changes if one.before is not None]
    if not planned:
        pytest.skip("it changes no row that is there")

    assert found.disturb(plan) == len(planned)
    applied = found.apply(plan)

    listed = {(one.table, *one.key.items()) for one in applied.skipped}
    assert {(one.table, *one.key.items()) for one in planned} <= listed
    assert all(one.op is Op.INSERT for one in applied.moved)


@pytest.mark.parametrize("system", scenes.systems())
def test_all_faults_at_once_hide_and_invent_nothing(scene, system: str) -> None:
    found = scene(system)
    planted = [fault for of, fault in scenes.all_faults() if of == system]
    found.plant(*planted)

    assert scenes.named(found.outcomes()) == scenes.expected(planted)


@pytest.mark.parametrize("system", scenes.systems())
def test_everything_at_once_is_mended_and_taken_back(scene, system: str) -> None:
    found = scene(system)
    found.plant(*(fault for of, fault in scenes.all_faults() if of == system))
    before = everything.look(found)

    done = everything.mend(found)

    left = scenes.named(found.outcomes())
    assert left == everything.for_a_person(found, left)
    for entry in reversed(done.entries):
        found.apply(found.plan_undo(entry))
    assert everything.changed(before, everything.look(found)) <= done.lasting


@pytest.mark.parametrize("system", scenes.systems())
def test_every_invariant_has_a_fault_or_a_test_of_its_own(scene, system: str) -> None:
    broken = {fault.invariant for of, fault in scenes.all_faults() if of == system}

    assert {i.name for i in scene(system).invariants} - broken <= LIVE


LIVE = {
    "connections_leave_headroom",
    "no_query_runs_longer_than_five_minutes",
    "no_session_sits_idle_in_a_transaction",
    "the_database_answers_fast",
    "the_session_secret_is_younger_than_ninety_days",
    "the_stripe_key_matches_the_environment",
}
"""
They judge sessions, which no SQL can plant: test_sessions.py opens some; how long answers take:
engine/faults/test_latency.py holds some back; the key by which Stripe is read:
engine/library/test_webhooks.py has several; and what the settings say of secrets:
engine/library/test_secrets.py lets them grow old.
"""


SHAPES = [(system, path) for system in scenes.systems() for path in scenes.shapes(system)]


@pytest.mark.parametrize(
    ("system", "shape"), SHAPES, ids=lambda value: getattr(value, "stem", value)
)
def test_another_shape_of_the_schema_is_never_unknown(scene, system: str, shape) -> None:
    found = scene(system)
    found.plant()
    found.database.execute(shape.read_text())

    outcomes = found.outcomes()

    verdicts = {outcome.verdict for outcome in outcomes.values()}
    assert verdicts <= {Verdict.HOLDS, Verdict.VIOLATED, Verdict.NOT_APPLICABLE}, outcomes
    assert verdicts != {Verdict.HOLDS}, "it is no other shape for any invariant"
