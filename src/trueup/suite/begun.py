"""A run begun: its id, and connections that are made while the rest of it is loaded."""

import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime

from trueup.environment import Environment
from trueup.replica.connecting import Connecting

EACH = 2
"""Connections that every system needs: whoever asks, and whoever holds the run's snapshot."""


class Begun:
    """
    What can begin when it is known where the systems are, long before it is known what to ask.

    Without environments nothing is connected to yet. A process of a run that exists says which.
    """

    def __init__(
        self, environments: Mapping[str, Environment] | None = None, *, run: str = ""
    ) -> None:
        self.environments = environments or {}
        self.started = datetime.now(UTC)
        self.run = run or _run_id(self.started)
        self._connecting = {
            system: [connecting(environment, application(self.run)) for _ in range(EACH)]
            for system, environment in self.environments.items()
        }

    def connection(self, system: str) -> Connecting | None:
        """One that nobody has taken, if there is any left; for whichever thread asks first."""
        with suppress(KeyError, IndexError):
            return self._connecting[system].pop()
        return None

    def close(self) -> None:
        """End what nobody took."""
        for left in self._connecting.values():
            for one in left:
                one.close()


def application(run: str) -> str:
    """What a run's connections are called, in pg_stat_activity and in the server's log."""
    return f"trueup/{run}"


def connecting(environment: Environment, named: str) -> Connecting:
    """A connection to an environment's replica, begun now."""
    standby = not environment.primary_allowed
    return Connecting(environment.replica, standby=standby, application=named)


def _run_id(started: datetime) -> str:
    """An id that sorts by time and is never given twice."""
    return f"{started.astimezone(UTC):%Y%m%dT%H%M%SZ}-{os.urandom(3).hex()}"
