"""What each worker of xdist evaluates: known from the start, so that it can ask ahead."""

import sys
from collections.abc import Mapping

LOAD = "load"
"""How xdist spreads tests where nobody says otherwise; whoever does has a reason."""


def share(many: int, workers: int, place: int) -> range:
    """Which of so many items the worker in that place evaluates."""
    return range(many * place // workers, many * (place + 1) // workers)


def of_worker(told: Mapping[str, object], many: int) -> range:
    """The share of the worker that was `told` this by xdist; one that came later has none."""
    place, workers = number(str(told["workerid"])), int(str(told["workercount"]))
    return share(many, workers, place) if place < workers else range(0)


def number(worker: str) -> int:
    """
    Workers are called gw0, gw1 and so on, and a replacement has the next number.

    One that somebody has named himself (`--tx popen//id=…`) comes after all of them.
    """
    place = worker.removeprefix("gw")
    return int(place) if place.isdecimal() else sys.maxsize
