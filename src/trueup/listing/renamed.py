"""
What was owed under another name, or less well: `invariants/<system>/renamed.toml`.

Each table is a name that was owed; `here` are the names that stand for it, `why` says why.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from trueup.catalog import INVARIANTS
from trueup.errors import CatalogError

FILE = "renamed.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed:
    """A row of the catalog that was owed, and what became of it; `here` is empty for no row."""

    why: str
    here: tuple[str, ...] = ()


def renamed(root: Path, system: str) -> dict[str, Renamed]:
    """By the names that were owed; raises CatalogError for a file that does not say it."""
    path = root / INVARIANTS / system / FILE
    if not path.is_file():
        return {}
    # Only the page asks for it: the table and the JSON need not load what validates.
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415  # as the line above says

    try:
        return TypeAdapter(dict[str, Renamed]).validate_python(
            tomllib.loads(path.read_text(encoding="utf-8"))
        )
    except (tomllib.TOMLDecodeError, ValidationError):
        raise CatalogError(
            f"{path.relative_to(root)} does not say what became of what; each table is a name that"
            ' was owed, with here = ["…"] and why = "…"'
        ) from None
