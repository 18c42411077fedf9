"""A fix: a module whose `plan` turns violations into changes."""

from collections.abc import Callable, Iterable
from inspect import signature
from typing import get_type_hints

from msgspec import Struct

from trueup.model.change import Change

PLAN_RESOURCES = (
    "violations",
    "rows",
    "primary",
    "stripe",
    "storage",
    "settings",
    "services",
    "person",
    "now",
)
"""What a fix's plan may ask for by name; all of it only reads."""


class Fix(Struct, frozen=True, kw_only=True):
    """
    A fix as its module declares it: docstring, `AT_MOST`, `plan`, and `UNDO` where there is none.

    `steps` (`STEPS = True`) says that it changes nothing: it yields Steps, for a person. `row`
    (`class Row(TypedDict)`) makes it a procedure too: an operator may type what it is about.
    `system` is empty for a fix of the library, which every system may name.
    """

    name: str
    system: str
    summary: str
    at_most: int
    plan: Callable[..., Iterable[Change]]
    path: str
    undo: str | None = None
    steps: bool = False
    row: type | None = None

    @property
    def asks(self) -> tuple[str, ...]:
        """The resources that its plan reads, by name."""
        return tuple(signature(self.plan).parameters)


def columns(row: type) -> tuple[str, ...]:
    """The columns of a fix's Row with their types, for people: `credits: int`."""
    found = []
    for name, hint in get_type_hints(row).items():
        plain = hint.__name__ if isinstance(hint, type) else str(hint)
        words = plain.replace("typing.", "").replace("datetime.datetime", "datetime")
        found.append(f"{name}: {words}")
    return tuple(found)
