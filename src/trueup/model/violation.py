"""A violation: one row that breaks an invariant, with the key that names it for ever."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Key = tuple[str, ...]


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


def key_text(key: Key) -> str:
    """The key as one word, for people and for comparison; parts are joined by a slash."""
    return "/".join(part.replace("\\", "\\\\").replace("/", "\\/") for part in key)
