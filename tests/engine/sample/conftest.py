"""The sample's own tests: scratch folders where the servers' account can enter, and patience."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
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


@pytest.fixture(scope="session")
def until() -> Callable[[Callable[[], bool]], None]:
    """Wait for a condition, and fail when it does not come true in time."""

    def wait(condition: Callable[[], bool], within: float = 10.0) -> None:
        deadline = time.monotonic() + within
        while not condition():
            assert time.monotonic() < deadline, f"not true after {within:.0f} s"
            time.sleep(0.02)

    return wait
