"""A violation: one row that breaks an invariant, with the key that names it for ever."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from trueup.model.legible import legible

Key = tuple[str | None, ...]
"""The texts of the values that name a violation; null is none of them, whatever a text says."""

LONGEST = 1000
"""Characters of a key as one word, before its digest; an index takes little more."""


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

    Null is `\N`, as PostgreSQL copies it, which no text is: a backslash of a text's own is two. One
    that is too long to be kept a thousand times ends with a digest of all of it.
    """
    text = "/".join("\\N" if part is None else _escaped(part) for part in key)
    return text if len(text) <= LONGEST else _cut(text)


def _cut(text: str) -> str:
    from hashlib import sha256  # noqa: PLC0415  # hardly any key is so long

    return f"{text[:LONGEST]}…{sha256(text.encode()).hexdigest()}"


def _escaped(part: str) -> str:
    return legible(part.replace("\\", "\\\\").replace("/", "\\/"))
