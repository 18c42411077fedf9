"""Asking in this process: plain pytest, each worker of xdist, and the process that asks."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from trueup.model.invariant import Declared, Invariant
from trueup.model.run import Record, Run
from trueup.suite.active import Active
from trueup.suite.asking import Finished, Reported

if TYPE_CHECKING:
    from trueup.suite.meanwhile import Meanwhile


class Here:
    """One process of a run, and what it finds meanwhile beside the verdicts."""

    def __init__(self, active: Active) -> None:
        self.active = active
        self.refusal = None
        self._selection = ""
        self._meanwhile: Meanwhile | None = None

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self.active.project.root

    @property
    def run(self) -> str:
        """The run's id."""
        return self.active.run

    def wait(self) -> None:
        """Nothing is waited for: it was opened here."""

    def header(self) -> str:
        """Say which environment, instant and run this is."""
        active = self.active
        now = f"{active.moment.now:%Y-%m-%d %H:%M:%S} UTC"
        return f"{active.environment}, as of {now} ({active.moment.clock}), run {active.run}"

    def listed(self, path: Path) -> None:
        """Nothing: the modules are in this process, and pytest looks at them itself."""
        del path

    def begin(self, invariants: Sequence[Declared], selection: str | None) -> None:
        """Ask ahead, and where it is not for a worker find what else the run says."""
        self.active.begin([one for one in invariants if isinstance(one, Invariant)])
        if selection is not None:
            self._selection = selection
            self._meanwhile = self._found()

    def evaluated(self, invariant: Declared) -> Record:
        """Evaluate an invariant of this process."""
        assert isinstance(invariant, Invariant)  # noqa: S101  # its module is loaded here
        return self.active.evaluated(invariant)

    def finished(self, reported: Reported) -> Finished:
        """Make the run of what was reported, and write it."""
        from trueup.suite.written import written  # noqa: PLC0415  # a worker writes nothing

        run = self.made(reported)
        return written(run, self.active.reports, self.active.systems.secrets)

    def made(self, reported: Reported) -> Run:
        """The run of what was reported."""
        from trueup.suite import made  # noqa: PLC0415  # a worker makes none

        if reported.stopped:
            self.active.systems.stop()
        return made.run(self.active, self._selection, reported, self._meanwhile or self._found())

    def close(self) -> None:
        """End whatever is open; a second time does nothing."""
        self.active.close()

    def _found(self) -> "Meanwhile":
        """What is found while servers are asked; it is loaded only then."""
        from trueup.suite.meanwhile import Meanwhile  # noqa: PLC0415  # as the docstring says

        return Meanwhile.of(self.active, self._selection)
