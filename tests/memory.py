"""Where tests put their servers: in memory where there is room, since most make a database each."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SHARED = Path("/dev/shm")  # noqa: S108  # made by the kernel, and only folders of our own in it
NEEDED = 2 << 30
"""Bytes that must be free: a container has 64 MB by default, and a worker's servers take 0.5 GB."""


def below() -> Path:
    """The folder in memory, or the temporary one: there a copy of a database takes ten times."""
    if os.access(SHARED, os.W_OK | os.X_OK) and shutil.disk_usage(SHARED).free >= NEEDED:
        return SHARED
    return Path(tempfile.gettempdir())


@contextmanager
def folder() -> Iterator[Path]:
    """An empty one that the servers' account may enter, which pytest's own are closed to."""
    made = Path(tempfile.mkdtemp(prefix="trueup-test-", dir=below())).resolve()
    made.chmod(0o711)
    try:
        yield made
    finally:
        shutil.rmtree(made)
