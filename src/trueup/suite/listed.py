"""Modules of invariants as they are told to a process that does not import them."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

from msgspec import Struct

from trueup import catalog
from trueup.model.invariant import Declared, Invariant

HOOKS = ("pytest", "setup", "setUp", "teardown", "tearDown")
"""How names begin that pytest looks for in any module."""


class Listed(Struct, frozen=True):
    """A module's invariants, and the names of what else can be called, which may be tests."""

    path: str
    invariants: tuple[Declared, ...]
    names: tuple[str, ...]


def listed(invariants: Iterable[Invariant]) -> Iterator[Listed]:
    """Each module that holds nothing which pytest would have to see for itself."""
    by_path: dict[str, list[Invariant]] = {}
    for one in invariants:
        by_path.setdefault(one.path, []).append(one)
    for path, found in by_path.items():
        module = catalog.loaded(Path(path))
        if module is not None and not any(_is_for_pytest(module)):
            names = tuple(
                n
                for n, value in vars(module).items()
                if callable(value) and not isinstance(value, Invariant)
            )
            yield Listed(path, tuple(one.declared for one in found), names)


def _is_for_pytest(module: ModuleType) -> Iterator[bool]:
    """For each name whether it is a hook, or a class that pytest takes whatever it is called."""
    for name, value in vars(module).items():
        bases = value.__mro__ if isinstance(value, type) else ()
        yield name.startswith(HOOKS) or any(one.__module__ == "unittest.case" for one in bases)
