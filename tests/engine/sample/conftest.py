"""The sample's own tests: scratch folders where the servers' account can enter."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import memory
import required
from trueup.sample import cluster, down, reset
from trueup.sample.binaries import VARIABLE

DEBIAN = Path("/usr/lib/postgresql/15/bin")


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder."""
    with memory.folder() as path:
        yield path


@pytest.fixture(scope="session")
def made_once() -> Iterator[Path]:
    with memory.folder() as path:
        cluster.stop(cluster.create(path))
        yield path
        reset(path)


@pytest.fixture
def made(made_once: Path) -> Path:
    """A folder with a sample that is down, for tests that start and stop it."""
    down(made_once)
    return made_once


@pytest.fixture(params=["wheel", "debian"])
def programs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """PostgreSQL's programs: the wheel's, and Debian's where they are installed."""
    monkeypatch.delenv(VARIABLE, raising=False)
    if request.param == "debian":
        if not DEBIAN.is_dir():
            required.missing("postgresql-15", "the sample was not tried on it")
        monkeypatch.setenv(VARIABLE, str(DEBIAN))
    return str(request.param)
