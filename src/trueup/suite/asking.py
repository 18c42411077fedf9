"""Who asks for a run: the process that reports, or one of its own."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from trueup.errors import TrueupError
from trueup.model.cost import CostRecord
from trueup.model.invariant import Declared
from trueup.model.run import Record, Run
from trueup.suite.listed import Listed


class Reported(Struct, frozen=True):
    """
    What pytest has reported, and how; `costs` are those of the workers.

    `stopped` says that it ended early, so that nothing more is asked than must be.
    """

    records: tuple[Record, ...]
    workers: int = 0
    stopped: bool = False
    costs: tuple[Mapping[str, CostRecord] | None, ...] = ()


class Finished(Struct, frozen=True):
    """The run, and its page: None with the reason where it was not written."""

    run: Run
    page: str | None
    refusal: str = ""


class Asking(Protocol):
    """What pytest's side of a run knows of the side that asks."""

    @property
    def root(self) -> Path:
        """The project's folder."""

    @property
    def run(self) -> str:
        """The run's id."""

    @property
    def refusal(self) -> TrueupError | None:
        """Why there is no run, where that is known by now."""

    def wait(self) -> None:
        """Wait until it is open; raises pytest's UsageError without a word where it is refused."""

    def header(self) -> str:
        """Say which environment, instant and run this is."""

    def listed(self, path: Path) -> Listed | None:
        """A module that need not be imported; None for another."""

    def begin(self, invariants: Sequence[Declared], selection: str | None) -> None:
        """
        Ask ahead what these ask, which were selected so; what others ask is left.

        None for a worker's share: what else a run says is the controller's.
        """

    def evaluated(self, invariant: Declared) -> Record:
        """Give the record of an invariant that `begin` was given."""

    def finished(self, reported: Reported) -> Finished:
        """Make the run of what was reported, and write it."""

    def close(self) -> None:
        """End whatever is open; a second time does nothing."""
