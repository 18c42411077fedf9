"""A violation: one row that breaks an invariant, with the key that names it for ever."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from trueup.model.legible import legible

Key = tuple[str | None, ...]
"""The texts of the values that name a violation; null is none of them, whatever a text says."""


@dataclass(frozen=True, slots=True)
class Violation(Mapping[str, object]):
    """The row as the database gave it; `row["id"]` and `violation["id"]` are the same."""

    invariant: str
    key: Key
    row: Mapping[str, object]

    def __getitem__(self, column: str) -> object:
        return self.row[column]

    def __iter__(self) -> Iterator[str]:
        return iter(self.row)

    def __len__(self) -> int:
        return len(self.row)


def key_of(values: Iterable[object]) -> Key:
    """The key that these values make."""
    return tuple([None if value is None else str(value) for value in values])


def key_text(key: Key) -> str:
    r"""
    The key as one word, for people and for comparison; parts are joined by a slash.

    Null is `\N`, as PostgreSQL copies it, which no text is: a backslash of a text's own is two.
    """
    return "/".join("\\N" if part is None else _escaped(part) for part in key)


def _escaped(part: str) -> str:
    return legible(part.replace("\\", "\\\\").replace("/", "\\/"))
