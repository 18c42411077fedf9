"""An answer that is read later: what is asked in one go is asked first, then read."""

from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")

Later = Callable[[], Answer]
"""Reads the answer, and raises what its question would; in a pipeline only once that has ended."""
