"""A module that cannot be imported: where, without what was said there, which may be a secret."""

import traceback
from pathlib import Path

from trueup.errors import CatalogError


def told(error: BaseException, path: Path) -> str:
    """Say that the module at that path cannot be imported, and in which of its lines that is."""
    return f"{path.parent.name}/{path.name} cannot be imported: {_words(error, path)}"


def _words(error: BaseException, path: Path) -> str:
    if isinstance(error, CatalogError):  # ours: it tells what is declared wrongly
        return str(error)
    if isinstance(error, ModuleNotFoundError):
        return f"there is no module {error.name!r}"
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
    line = error.lineno if isinstance(error, SyntaxError) else frames[-1].lineno if frames else None
    where = f" in line {line}" if line else ""
    return f"{type(error).__name__}{where}; its words are not shown, since they may hold a secret"
