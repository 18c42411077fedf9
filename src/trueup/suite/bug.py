"""A bug of ours in a report: where it is, without an exception's words, which may hold a row."""

import traceback
from pathlib import Path


class ToldError(Exception):
    """A failure in the process that asks, in the words that `told` gave it there."""


def told(error: BaseException) -> str:
    """A failure of ours that is no verdict: its kind and the lines that it went through."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"  {Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in frames]
    return "\n".join([f"{type(error).__name__}; its words are not shown:", *lines])
