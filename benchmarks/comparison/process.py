"""A whole process: how long it took, how much memory, and what it said."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

LAUNCH = Path(__file__).with_name("launch.py")

SLOWER = frozenset({"PYTHONDONTWRITEBYTECODE"})
"""Variables under which each start compiles anew what it imports."""


class Finished(Struct, frozen=True):
    """What came of a process; `peak` is in bytes, of all its processes where it was weighed."""

    seconds: float
    peak: int
    code: int
    said: str


_HOW = ["timed"]


@contextmanager
def weighed() -> Iterator[None]:
    """Weigh what is run meanwhile, for as long as the block lasts: it takes longer then."""
    _HOW.append("weighed")
    try:
        yield
    finally:
        _HOW.pop()


def run(command: Sequence[str], folder: Path, variables: Mapping[str, str]) -> Finished:
    """Run it in that folder; the time is that from its start to its end."""
    output = folder / "said.txt"
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(LAUNCH), str(output), _HOW[-1], *command],
        cwd=folder,
        env={**_environment(), **variables},
        stdout=subprocess.PIPE,
        check=True,
    )
    seconds, peak, code = done.stdout.split()
    return Finished(float(seconds), int(peak), int(code), output.read_text(errors="replace"))


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in SLOWER}
