"""Servers that a test may stop, kill and promote; nobody else's."""

from collections.abc import Iterator

import pytest

import memory
from trueup.sample import cluster
from trueup.sample import server as process


@pytest.fixture
def own() -> Iterator[cluster.Running]:
    """A primary and a standby of the test's own."""
    with memory.folder() as folder:
        running = cluster.create(folder)
        yield running
        process.stop(running.primary)
        process.stop(running.standby)
        cluster.stop(running)
