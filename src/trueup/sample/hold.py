"""Using the sample: its servers are up for as long as somebody holds its folder."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trueup.errors import SampleError
from trueup.sample import cluster, locks
from trueup.sample.cluster import Cluster
from trueup.sample.locks import EXCLUSIVE, HOLDERS, KEEPER, SHARED, STARTING

STAY = "stay"
"""The mark that tells the keeper to let the servers run although nobody holds the folder."""

UP = "up"
"""What a keeper says when both servers answer; anything else is why they do not."""

LOG = "keeper.log"
WITHIN = 60.0
LOOK_EVERY = 0.02


@contextmanager
def hold(folder: Path, timeout: float = WITHIN) -> Iterator[Cluster]:
    """
    Hold the sample in this folder for the block; both servers answer, and are made if need be.

    They stop shortly after the last holder has left, whichever way it left.
    """
    deadline = time.monotonic() + timeout
    folder = folder.resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SampleError(
            f"the sample's folder {folder} cannot be made: {error.strerror}; stand in another one"
        ) from error
    with locks.held(folder / HOLDERS, SHARED, timeout):
        with locks.held(folder / STARTING, EXCLUSIVE, timeout):
            answering = _wait_until_up(folder, deadline)
        yield answering


@contextmanager
def scratch(below: Path | None = None) -> Iterator[Cluster]:
    """Hold a sample of one's own below a folder, or the temporary one, and remove it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="trueup-sample-", dir=below)).resolve()
    folder.chmod(0o711)
    try:
        with hold(folder) as answering:
            yield answering
    finally:
        reset(folder)
        shutil.rmtree(folder)


def up(folder: Path) -> Cluster:
    """Start the servers where they are not up, and let them run until `down`."""
    with hold(folder) as answering:
        (answering.folder / STAY).touch()
    return answering


def down(folder: Path, timeout: float = WITHIN) -> None:
    """Let the servers stop, and wait until they have; others who hold them are waited for."""
    folder = folder.resolve()
    if not folder.is_dir():
        return
    (folder / STAY).unlink(missing_ok=True)
    deadline = time.monotonic() + timeout
    while not (locks.is_free(folder / KEEPER) and cluster.stopped(folder)):
        if time.monotonic() >= deadline:
            raise SampleError(
                f"the sample in {folder} is still in use by another process after {timeout:g} s; "
                "its servers stop when that process ends"
            )
        time.sleep(LOOK_EVERY)


def reset(folder: Path, timeout: float = WITHIN) -> None:
    """Stop the servers and remove their data; the next holder makes them anew."""
    folder = folder.resolve()
    down(folder, timeout)
    if folder.is_dir():
        with locks.held(folder / HOLDERS, EXCLUSIVE, timeout):
            if not cluster.stopped(folder):
                raise SampleError(f"somebody started the sample in {folder} meanwhile; try again")
            cluster.erase(folder)


def _wait_until_up(folder: Path, deadline: float) -> Cluster:
    while time.monotonic() < deadline:
        if locks.is_free(folder / KEEPER):
            _start_keeper(folder, deadline)
        known = cluster.read(folder)
        if known is not None and known.answers():
            return known
        time.sleep(LOOK_EVERY)
    raise SampleError(f"the servers in {folder} do not answer; look into its *.log files")


def _start_keeper(folder: Path, deadline: float) -> None:
    """Start a keeper in a session of its own and hear whether the servers came up."""
    paths = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    with (
        (folder / LOG).open("wb") as log,
        subprocess.Popen(
            [sys.executable, "-P", "-m", "trueup.sample.keeper", str(folder)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        ) as keeper,
    ):
        try:
            said, _ = keeper.communicate(timeout=max(deadline - time.monotonic(), 0.0))
        except subprocess.TimeoutExpired:
            # The keeper itself sees that nobody holds the folder, and stops what it has started.
            raise SampleError(f"the servers in {folder} did not start in time; try again") from None
    if said.decode() != UP:
        raise SampleError(said.decode() or _why_it_ended(folder))


def _why_it_ended(folder: Path) -> str:
    lines = (folder / LOG).read_text(errors="replace").splitlines()[-10:]
    return f"the keeper of {folder} ended early; its log ends with:\n" + "\n".join(lines)
