"""What each worker of xdist evaluates: known from the start, so that it can ask ahead."""

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

WORKER = "trueup"
"""The key below which a worker finds what the controller tells it."""

LOAD = "load"
"""How xdist spreads tests where nobody says otherwise; whoever does has a reason."""


def given(session: "pytest.Session") -> "Sequence[pytest.Item]":
    """What this process evaluates, as far as it is known: a worker's share, or all of it."""
    told: Mapping[str, Any] | None = getattr(session.config, "workerinput", None)
    if told is None:
        return session.items
    known = of_worker(told, len(session.items)) if told[WORKER]["shares"] else ()
    return [session.items[place] for place in known]


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
