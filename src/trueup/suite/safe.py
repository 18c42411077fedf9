"""What pytest would show of a failure, without the words of an exception: they may hold a row."""

from pathlib import Path
from typing import Any

import pytest

from trueup import broken

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
    report.longrepr = f"{OURS}{broken.told(cause or error, path)}"
