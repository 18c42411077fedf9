"""A word to whoever waits, once something has taken longer than two seconds."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer

PATIENCE = 2.0
"""Seconds before a word is due."""


@contextmanager
def while_slow(words: str) -> Iterator[None]:
    """Say what is being done, on standard error, if it is not done soon."""
    timer = Timer(PATIENCE, sys.stderr.write, [f"trueup: {words} …\n"])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
