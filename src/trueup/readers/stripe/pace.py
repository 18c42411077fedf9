"""How often Stripe is asked: slots in time, shared by every process of a run."""

import fcntl
import json
import time
from pathlib import Path

PER_SECOND = 15.0
"""Requests a second and endpoint; Stripe allows 25 (docs.stripe.com/rate-limits)."""


class Pace:
    """
    One slot a request; whoever wants to ask waits for the next that is free.

    The slots lie in a file, under a lock, by the clock that processes of a machine share.
    """

    def __init__(self, file: Path, per_second: float = PER_SECOND) -> None:
        self._file = file
        self._step = 1 / per_second

    def slot(self, endpoint: str) -> float:
        """Take the next slot of an endpoint; gives how long to wait for it, in seconds."""
        return self._moved(endpoint, self._step, at_least=0.0)

    def hold(self, endpoint: str, seconds: float) -> None:
        """Let nobody ask for so long: Stripe said that it was too much."""
        self._moved(endpoint, 0.0, at_least=seconds)

    def _moved(self, endpoint: str, step: float, *, at_least: float) -> float:
        with self._file.open("a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            text = file.read()
            slots: dict[str, float] = json.loads(text) if text else {}
            now = time.monotonic()
            found = max(now + at_least, slots.get(endpoint, 0.0))
            slots[endpoint] = found + step
            file.seek(0)
            file.truncate()
            file.write(json.dumps(slots))
        return max(0.0, found - now)
