"""Tools that some tests want: missing they skip, visibly, unless the machine must have them."""

import os
from typing import NoReturn

import pytest

VARIABLE = "TRUEUP_REQUIRE"
"""A comma list of tools whose tests must not be skipped; CI names them."""


def missing(tool: str, consequence: str) -> NoReturn:
    """Skip the test, or fail it where the tool is required."""
    said = f"{tool} is not here; {consequence}"
    if tool in os.environ.get(VARIABLE, "").split(","):
        pytest.fail(f"{said}, and {VARIABLE} requires it")
    pytest.skip(said)
