"""Asking by another process: pytest's side of it, which has no row and no connection."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from trueup.errors import TrueupError
from trueup.model.invariant import Declared
from trueup.model.run import UNKNOWN, Record
from trueup.suite import bug
from trueup.suite.asking import Finished, Reported
from trueup.suite.listed import Listed
from trueup.suite.wire import Answer, Begin, Channel, End, Failed, Judged, Made, Opened, Refused

GONE = "trueup: the process that asks was ended from outside; nothing was written, so run it again"


class Elsewhere:
    """The run that another process opens; it is written here, below the folder `reports`."""

    def __init__(self, root: Path, reports: Path, channel: Channel[Answer]) -> None:
        self.root = root
        self.run = ""
        self.refusal: TrueupError | None = None
        self._reports = reports
        self._channel = channel
        self._modules: dict[str, Listed] = {}
        self._left: set[str] = set()
        self._judged: dict[str, Record] = {}
        self._failed: dict[str, str] = {}

    def wait(self) -> None:
        """
        Wait until it is open; raises pytest's UsageError without a word where it is refused.

        What draws the page is loaded first: the other process has still to load the driver.
        """
        import trueup.suite.written  # noqa: F401, PLC0415  # used in the end
        from trueup.report.page import prepare  # noqa: PLC0415  # as the docstring says

        prepare()

        said = self._channel.hear()
        if isinstance(said, Opened):
            self.run = said.run
            self._modules = {one.path: one for one in said.modules}
            return
        self.refusal = TrueupError("the process that asks ended before it began; see what it said")
        if isinstance(said, Refused):
            self.refusal = _refusal(said)
        raise pytest.UsageError

    def header(self) -> str:
        """Say which run this is."""
        return f"run {self.run}"

    def listed(self, path: Path) -> Listed | None:
        """A module that need not be imported; None for another."""
        return self._modules.get(str(path))

    def begin(self, invariants: Sequence[Declared], selection: str | None) -> None:
        """Say which are wanted, in the order in which they are reported."""
        ids = tuple(one.id for one in invariants)
        self._left = set(ids)
        paths = frozenset(one.path for one in invariants)
        self._channel.say(Begin(ids, paths, selection or ""))

    def evaluated(self, invariant: Declared) -> Record:
        """The record, waited for; raises bug.ToldError for a bug of ours."""
        while invariant.id in self._left:  # else it is asked for once more
            said = self._hear()
            if isinstance(said, Judged):
                self._judged[said.record.id] = said.record
                self._left.remove(said.record.id)
            elif isinstance(said, Failed):
                self._failed[said.id] = said.said
                self._left.remove(said.id)
        if invariant.id in self._judged:
            return self._judged[invariant.id]
        raise bug.ToldError(self._failed.get(invariant.id, f"{invariant.id} was not selected"))

    def finished(self, reported: Reported) -> Finished:
        """Have the run made, and write it; what was evaluated and not reported is left out."""
        from trueup.suite.written import written  # noqa: PLC0415  # see `wait`

        self._channel.say(End(tuple(one.id for one in reported.records), reported.stopped))
        found = self._hear()
        while not isinstance(found, Made):
            found = self._hear()
        return written(found.run, self._reports, found.secrets)

    def close(self) -> None:
        """Say nothing more, so that the other ends."""
        self._channel.close()

    def _hear(self) -> Answer:
        found = self._channel.hear()
        if found is None:
            pytest.exit(GONE, UNKNOWN)
        if isinstance(found, Refused):
            pytest.exit(f"trueup: {found.said}", found.exit_code)
        return found


def _refusal(refused: Refused) -> TrueupError:
    error = TrueupError(refused.said)
    error.exit_code = refused.exit_code  # type: ignore[misc]  # that of the error there
    return error
