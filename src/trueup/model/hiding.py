"""Values whose repr does not show what is secret in them, wherever they are printed or logged."""

from typing import ClassVar

from msgspec import Struct


class Hiding(Struct, frozen=True):
    """A value with fields that its repr leaves out: those that its class names in `HIDDEN`."""

    HIDDEN: ClassVar[frozenset[str]]

    def __repr__(self) -> str:
        shown = (name for name in self.__struct_fields__ if name not in self.HIDDEN)
        return f"{type(self).__name__}({', '.join(f'{n}={getattr(self, n)!r}' for n in shown)})"
