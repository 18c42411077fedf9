"""Everything that is broken, mended: each fix for each invariant, until only steps are left."""

from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from systems import scenes
from trueup.errors import ProofError
from trueup.model.plan import Plan
from trueup.model.violation import key_text

ROUNDS = 5
"""One fix may need another to come first; more rounds than these are a circle."""


class Mended(Struct):
    """
    The journal's entries of all that can be taken back.

    `lasting` are the tables, and the parts of the schema, that were changed by fixes which say that
    they have no undo, or by the application when such a fix called it.
    """

    entries: list[int] = field(default_factory=list)
    lasting: set[str] = field(default_factory=set)


def mend(scene: scenes.Scene) -> Mended:
    """Plan and apply the fixes of all invariants until no program can do any more."""
    done = Mended()
    for _ in range(ROUNDS):
        moved = [_mend(scene, done, plan) for plan in _plans(scene)]
        if not any(moved):
            return done
    raise AssertionError(f"fixes of {scene.system} still change things after {ROUNDS} rounds")


def for_a_person(scene: scenes.Scene, left: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Of the violations that are left, those that some fix leaves to a person."""
    found: dict[str, set[str]] = {name: set() for name in left}
    for one in scene.invariants:
        for fix in one.fixes if one.name in left else ():
            plan = scene.plan(fix, one.name)
            mended = {key_text(target.key) for target in plan.targets}
            found[one.name] |= left[one.name] - mended if plan.steps else set()
    return found


def _plans(scene: scenes.Scene) -> Iterator[Plan]:
    """A plan at a time, each made after the one before it was applied."""
    for one in scene.invariants:
        for fix in one.fixes:
            yield scene.plan(fix, one.name)


def _mend(scene: scenes.Scene, done: Mended, plan: Plan) -> bool:
    """Apply a plan; gives whether it did anything."""
    if not plan.does_something:
        return False
    before = look(scene) if plan.undo is not None else {}
    try:
        applied = scene.apply(plan)
    except ProofError:
        return False  # what else is broken of the same rows has to be mended first
    if plan.undo is not None:
        done.lasting |= changed(before, look(scene))
    else:
        done.entries += applied.entries
    return bool(applied.entries)


def look(scene: scenes.Scene) -> dict[str, object]:
    """Every table's rows, and every part of the schema, by name."""
    return {**scene.bytes(), **scene.shape()}


def changed(before: Mapping[str, object], after: Mapping[str, object]) -> set[str]:
    """The names of what differs."""
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
