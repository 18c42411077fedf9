"""A procedure as the tests try it: the row that an operator types, and whom it is about."""

from collections.abc import Mapping
from importlib import import_module

from msgspec import Struct, field

from systems import scenes
from systems.scenes import Scene
from trueup import catalog
from trueup.model.plan import Plan
from trueup.primary import typed


class Procedure(Struct, frozen=True):
    """
    A fix with the row that is typed for it.

    `chosen` is a SELECT of one row, whose columns are typed beside what is `typed` anyway, so that
    a procedure is tried on somebody who is there.
    """

    fix: str
    chosen: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)


def of_all_systems() -> list[tuple[str, Procedure]]:
    """Every procedure of every system, from the `PROCEDURES` in its procedures.py."""
    return [
        (system, one)
        for system in scenes.systems()
        for one in import_module(f"systems.{system}.procedures").PROCEDURES
    ]


def planned(scene: Scene, fix: str, **row: object) -> Plan:
    """The plan of a procedure whose row an operator types."""
    found = catalog.find_fix(scene.project.root, scene.system, fix)
    words = [f"{name}={value}" for name, value in row.items()]
    return scene.plan(fix, rows=typed.checked(found, typed.from_words(words)))
