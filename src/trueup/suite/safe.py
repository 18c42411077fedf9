"""What pytest would show of a failure, without the words of an exception: they may hold a row."""

import traceback
from pathlib import Path
from typing import Any

import pytest

OURS = "trueup: "
"""How a refusal of ours begins; its words are written for whoever reads them."""


def collected(report: Any, path: Path) -> None:
    """Let a module that cannot be imported say so, and keep what it printed to itself."""
    report.sections = []
    call = getattr(report, "call", None)
    error = call.excinfo.value if call and call.excinfo else None
    if not report.failed or error is None or str(error).startswith(OURS):
        return
    cause = error.__cause__ if isinstance(error, pytest.Collector.CollectError) else error
    report.longrepr = f"{OURS}{path.name} cannot be imported: {_words(cause or error, path)}"


def _words(error: BaseException, path: Path) -> str:
    if isinstance(error, ModuleNotFoundError):
        return f"there is no module {error.name!r}"
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
    line = error.lineno if isinstance(error, SyntaxError) else frames[-1].lineno if frames else None
    where = f" in line {line}" if line else ""
    return f"{type(error).__name__}{where}; its words are not shown, since they may hold a secret"
