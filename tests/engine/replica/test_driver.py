"""The driver in two steps: half of it connects, and whatever happens meanwhile, all is there."""

import subprocess
import sys

import pytest

SCRIPT = """
import sys
from contextlib import suppress
from trueup.replica.driver import connecting_first

with suppress(ConnectionError), connecting_first():
    from psycopg.connection import Connection
    half = sys.modules["psycopg"]
    assert not hasattr(half, "connect") and "psycopg.types.numeric" not in sys.modules
    {meanwhile}

import psycopg
assert psycopg is half and psycopg.Connection is Connection
assert psycopg.adapters.types["numeric"].oid == 1700
with connecting_first():
    assert psycopg.connect
print("whole")
"""


@pytest.mark.parametrize("meanwhile", ["pass", "raise ConnectionError"])
def test_the_rest_of_the_driver_is_loaded_after_what_connects(meanwhile: str) -> None:
    command = [sys.executable, "-c", SCRIPT.format(meanwhile=meanwhile)]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == ("whole\n", "")
