"""Servers that a test may stop, kill and promote; nobody else's."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from trueup.sample import cluster
from trueup.sample import server as process


@pytest.fixture
def own() -> Iterator[cluster.Running]:
    """A primary and a standby of the test's own."""
    folder = Path(tempfile.mkdtemp(prefix="trueup-test-")).resolve()
    folder.chmod(0o711)  # pytest's own are closed to the account that runs the servers for root
    running = cluster.create(folder)
    yield running
    process.stop(running.primary)
    process.stop(running.standby)
    cluster.stop(running)
    shutil.rmtree(folder)
