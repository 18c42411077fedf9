"""Locks between processes, on files: the kernel drops them however their holder ends."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trueup.errors import SampleError

EXCLUSIVE = fcntl.LOCK_EX
SHARED = fcntl.LOCK_SH

HOLDERS = "holders.lock"
"""Shared by all who use the sample; the keeper that has it exclusively knows that nobody does."""

STARTING = "starting.lock"
"""Whoever has it may start a keeper."""

KEEPER = "keeper.lock"
"""The keeper has it for as long as it lives."""

SERVERS = "servers.lock"
"""Inherited by every process of both servers: free when the last of them has ended."""

LOADING = "loading.lock"
"""Whoever has it may make, replace and remove databases."""

RETRY_AFTER = 0.02


def acquire(path: Path, mode: int, timeout: float) -> int | None:
    """
    Take the lock and give its file descriptor, or None if others kept it until the timeout.

    Closing the descriptor drops the lock, unless a child process inherited it: then the last does.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except PermissionError:
        raise SampleError(
            f"{path.parent} belongs to another user; remove it, or stand in another folder"
        ) from None
    deadline = time.monotonic() + timeout
    while True:
        try:
            fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                return None
        except BaseException:
            os.close(descriptor)
            raise
        else:
            return descriptor
        time.sleep(RETRY_AFTER)


@contextmanager
def held(path: Path, mode: int, timeout: float) -> Iterator[None]:
    """Hold the lock for the block; raises SampleError if it cannot be had in time."""
    descriptor = acquire(path, mode, timeout)
    if descriptor is None:
        raise SampleError(
            f"{path.parent} is in use by another process for more than {timeout:g} s; "
            "wait for that process, or end it"
        )
    try:
        yield
    finally:
        os.close(descriptor)


def is_free(path: Path) -> bool:
    """Whether no process holds it exclusively; askers do not disturb one another."""
    descriptor = acquire(path, SHARED, timeout=0)
    if descriptor is None:
        return False
    os.close(descriptor)
    return True
