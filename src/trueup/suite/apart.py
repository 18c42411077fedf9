"""A process of its own for what asks: it loads the driver while this one loads pytest."""

import atexit
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from trueup.leaving import leave
from trueup.suite.wire import Answer, Channel, Order

POSSIBLE = hasattr(os, "fork") and sys.platform != "darwin"
"""Whether a process can be forked and then load what it needs; macOS's own libraries forbid it."""

ENDS_WITHIN = 10.0
"""Seconds that the process has to end its sessions, once nobody hears it."""

LOOK = 0.002


@contextmanager
def apart(work: Callable[[Channel[Order]], None]) -> Iterator[Channel[Answer]]:
    """
    Have it done in a process that is forked now, for as long as the block lasts.

    It is in a session of its own: what is pressed at the terminal reaches this process alone,
    which tells it. Where this one ends, for whatever reason, that one hears nothing more and ends.
    """
    heard, answers = os.pipe()
    orders, said = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        os.close(heard)
        os.close(said)
        _do(work, Channel(orders, answers, Order))
    os.close(orders)
    os.close(answers)
    channel: Channel[Answer] = Channel(heard, said, Answer)
    try:
        yield channel
    finally:
        channel.close()
        _end(child)


def _do(work: Callable[[Channel[Order]], None], channel: Channel[Order]) -> NoReturn:
    code = 1
    atexit._clear()  # what is to be done at its end is the other's
    try:
        os.setsid()
        work(channel)
        code = 0
    except KeyboardInterrupt:  # whoever reports has ended
        code = 130
    except BaseException:  # noqa: BLE001  # a bug, told as Python tells it where it may be seen
        traceback.print_exc()
    finally:
        channel.close()
        leave(code)


def _end(child: int) -> None:
    """Wait for its end, and see to it: once it has had its time, or where nobody waits any more."""
    deadline = time.monotonic() + ENDS_WITHIN
    ended = 0
    try:
        while not ended and time.monotonic() < deadline:
            ended, _ = os.waitpid(child, os.WNOHANG)
            time.sleep(0 if ended else LOOK)
    finally:
        if not ended:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
