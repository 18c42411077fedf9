"""
What was owed under another name, or less well: `invariants/<system>/renamed.toml`.

Each table is a name that was owed; `here` are the names that stand for it, `why` says why.
"""

import tomllib
from pathlib import Path

from msgspec import Struct

from trueup import reading
from trueup.catalog import INVARIANTS
from trueup.errors import CatalogError

FILE = "renamed.toml"


class Renamed(Struct, frozen=True, kw_only=True):
    """A row of the catalog that was owed, and what became of it; `here` is empty for no row."""

    why: str
    here: tuple[str, ...] = ()


def renamed(root: Path, system: str) -> dict[str, Renamed]:
    """By the names that were owed; raises CatalogError for a file that does not say it."""
    path = root / INVARIANTS / system / FILE
    if not path.is_file():
        return {}
    try:
        return reading.read(tomllib.loads(path.read_text(encoding="utf-8-sig")), dict[str, Renamed])
    except (tomllib.TOMLDecodeError, reading.WrongError):
        raise CatalogError(
            f"{path.relative_to(root)} does not say what became of what; each table is a name that"
            ' was owed, with here = ["…"] and why = "…"'
        ) from None
