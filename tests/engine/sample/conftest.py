"""The sample's own tests: scratch folders where the servers' account can enter."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import required
from trueup.sample import cluster, down, reset
from trueup.sample.binaries import VARIABLE

DEBIAN = Path("/usr/lib/postgresql/15/bin")


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder; pytest's own are closed to the account that runs the servers for root."""
    path = Path(tempfile.mkdtemp(prefix="trueup-test-")).resolve()
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def made_once() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="trueup-test-")).resolve()
    path.chmod(0o711)
    cluster.stop(cluster.create(path))
    yield path
    reset(path)
    shutil.rmtree(path)


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
