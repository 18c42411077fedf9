"""The replicas of a run: a source for each system, all opened at once, and the run's instant."""

import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Thread

from msgspec import Struct

from trueup.environment import Environment
from trueup.errors import ReplicaError
from trueup.replica.spent import Spent
from trueup.suite.begun import Begun, application
from trueup.suite.source import Source

OPENS_WITHIN = 1.0
"""Seconds in which a session that nobody wants any more may still open, to be ended."""


class Moment(Struct, frozen=True):
    """The run's one instant, and which clock it came from."""

    now: datetime
    clock: str


class Sources:
    """
    Sources by system, opened when first needed and kept, or all at once by `share`.

    `folder` is where the processes of one run find its snapshots; the first makes it.
    """

    def __init__(
        self, environments: Mapping[str, Environment], begun: Begun, folder: Path | None = None
    ) -> None:
        self._stack = ExitStack()
        self._threads: list[Thread] = []
        self.environments = environments
        self.begun = begun
        self.folder = folder or self._own_folder()
        self.spent: dict[str, Spent] = defaultdict(Spent)
        self._sources = {system: self.another(system) for system in environments}

    def __getitem__(self, system: str) -> Source:
        """The one by which everybody but those who ask ahead asks."""
        return self._sources[system]

    def another(self, system: str, like: Source | None = None) -> Source:
        """One more of a system, whose cost is added to that of the others."""
        begun = partial(self.begun.connection, system)
        named = application(self.begun.run)
        spent = self.spent[system]
        return Source(self.environments[system], self.folder, named, spent, like=like, begun=begun)

    def share(self) -> None:
        """
        Begin to open each system, and to export its snapshot, in the process that outlives others.

        Most of that is waiting, so whoever needs it calls `wait`; a second time nothing is begun.
        """
        if not self._threads:
            self._threads = [
                Thread(target=_share, args=[one], daemon=True) for one in self._sources.values()
            ]
            for thread in self._threads:
                thread.start()

    def wait(self) -> None:
        """Wait until all that can be opened is."""
        for thread in self._threads:
            thread.join()

    def moment(self, as_of: datetime | None) -> Moment:
        """
        The instant that every system is asked about.

        It is the one asked for, or the sample's standing clock, or the replicas' clock: never
        later than what the slowest of them has replayed.
        """
        if as_of is not None:
            return Moment(as_of, "asked for with --as-of")
        standing = [e.clock for e in self.environments.values() if e.clock is not None]
        if standing:
            return Moment(min(standing), "the sample's clock, which stands still")
        instants = list(filter(None, map(_as_of, self._sources.values())))
        if instants:
            return Moment(min(instants).astimezone(UTC), "the replica's clock")
        return Moment(datetime.now(UTC), "this machine's clock, since no replica answered")

    def close(self) -> None:
        """
        End every session; a second time does nothing.

        What only opens just now is waited for, so that it can be ended too; but not for long, since
        a server may not answer.
        """
        until = time.monotonic() + OPENS_WITHIN
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        for source in self._sources.values():
            source.close()
        self._stack.close()

    def _own_folder(self) -> Path:
        made = tempfile.TemporaryDirectory(prefix="trueup-", ignore_cleanup_errors=True)
        return Path(self._stack.enter_context(made))


def _share(source: Source) -> None:
    with suppress(ReplicaError):  # every invariant of that system will say so
        source.share()


def _as_of(source: Source) -> datetime | None:
    try:
        return source.freshness.as_of
    except ReplicaError:
        return None
