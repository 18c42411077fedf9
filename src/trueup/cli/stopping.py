"""Ctrl-C at a verb that mends: whoever pressed it must know in what state things are."""

from collections.abc import Iterator
from contextlib import contextmanager

from trueup.errors import StoppedError


@contextmanager
def stopping(state: str) -> Iterator[None]:
    """Raise StoppedError with that state in place of KeyboardInterrupt."""
    try:
        yield
    except KeyboardInterrupt:
        raise StoppedError(f"stopped; {state}") from None
