"""A run opened: what whichever command line asked for, and what evaluates it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from trueup import catalog
from trueup.config import Project, instant
from trueup.history import ratchet
from trueup.history.waived import Waivers
from trueup.history.waiver_file import FILE, read
from trueup.model.invariant import Invariant
from trueup.quiet import quiet
from trueup.report.mask import of_project
from trueup.suite.active import Active, run_id
from trueup.suite.opened import Systems


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """
    What a run is opened with; `history` is the folder of the runs before it.

    With `whole`, all that its systems have is selected, which is known before pytest is loaded.
    """

    project: Project
    environment: str
    systems: tuple[str, ...]
    history: Path
    as_of: str = ""
    only_new: str = ""
    whole: bool = False


def opened(asked: Opening) -> Active:
    """
    Open the environment of each system, all at once, and ask ahead where it is known what.

    A system that cannot be reached is told by its invariants. Raises ConfigError, or another
    TrueupError that the user can mend.
    """
    project, environment = asked.project, asked.environment
    started = datetime.now(UTC)
    waivers = Waivers(read(project.root / FILE, started), environment, started)
    only_new = asked.only_new
    baseline = ratchet.chosen(only_new, asked.history, environment) if only_new else None
    as_of = instant(asked.as_of) if asked.as_of else None
    run = run_id(started)
    systems = Systems(project, environment, asked.systems, run)
    mask = of_project(project.root)
    try:
        with systems.sharing():
            invariants = _all(asked) if asked.whole else ()
        moment = systems.moment(as_of)
        active = Active(
            project, environment, run, systems, moment, waivers, mask, asked.history, baseline
        )
        active.begin(invariants)
    except BaseException:  # also Ctrl-C: no session stays behind
        systems.close()
        raise
    return active


def _all(asked: Opening) -> Sequence[Invariant]:
    """All that is selected; nothing where a module is broken, which pytest will show."""
    try:
        with quiet():
            return catalog.load(asked.project.root, asked.systems).invariants
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001  # a module may do anything, even exit
        return ()
