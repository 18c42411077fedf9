"""Waiting for what happens elsewhere: a condition and a deadline, never a fixed pause."""

import time
from collections.abc import Callable


def until(condition: Callable[[], object], within: float = 30.0) -> None:
    """Wait for a condition, and fail when it does not come true in time."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"not true after {within:.0f} s"
        time.sleep(0.01)
