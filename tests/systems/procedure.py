"""A procedure as the tests try it: the row that an operator types, and whom it is about."""

from collections.abc import Mapping
from importlib import import_module

from msgspec import Struct, field

from systems import scenes


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
