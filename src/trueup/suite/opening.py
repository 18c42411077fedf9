"""A run opened: what whichever command line asked for, and what evaluates it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from trueup import catalog
from trueup.config import Project, instant
from trueup.model.invariant import Invariant
from trueup.quiet import quiet
from trueup.suite.opened import Systems
from trueup.suite.sources import Moment, Sources

if TYPE_CHECKING:
    from trueup.suite.active import Active


Known = Callable[[str, Sequence[Invariant]], None]
"""What is told the run's id, and all that its systems have."""


class Opening(Struct, frozen=True):
    """
    What a run is opened with; `history` is the folder of the runs before it, `reports` of its own.

    With `whole`, all that its systems have is selected, which is known before pytest is loaded.
    Without `sources` the run makes its own. Whoever has to be told of the invariants is, as soon as
    they are `known`.
    """

    project: Project
    environment: str
    systems: tuple[str, ...]
    history: Path
    reports: Path
    as_of: str = ""
    only_new: str = ""
    whole: bool = False
    sources: Sources | None = None
    known: Known | None = None


def opened(asked: Opening) -> "Active":
    """
    Open the environment of each system, all at once, and ask ahead where it is known what.

    A system that cannot be reached is told by its invariants. Raises ConfigError, or another
    TrueupError that the user can mend.
    """
    if asked.sources:
        systems = Systems(asked.sources)
    else:
        systems = Systems.of(asked.project, asked.environment, asked.systems)
    try:
        return _opened(asked, systems)
    except BaseException:  # also Ctrl-C: no session stays behind
        systems.close()
        raise


def _opened(asked: Opening, systems: Systems) -> "Active":
    """Connections are made meanwhile; what is waited for in the end is that they are there."""
    as_of = instant(asked.as_of) if asked.as_of else None
    sources = systems.sources
    sources.share()
    _require_metrics(asked)
    invariants = _all(asked) if asked.whole or asked.known else ()
    active = _active(asked, systems)
    if asked.known:
        asked.known(sources.begun.run, invariants)
    sources.wait()
    active = replace(active, moment=sources.moment(as_of))
    if asked.whole:
        active.begin(invariants)
    return active


def _require_metrics(asked: Opening) -> None:
    """Raise CatalogError for metrics that are broken: they are no module that pytest would show."""
    with quiet():
        for name in asked.systems:
            catalog.metrics(asked.project.root / catalog.INVARIANTS / name)


def _all(asked: Opening) -> Sequence[Invariant]:
    """All that is selected; nothing where a module is broken, which pytest will show."""
    try:
        with quiet():
            return catalog.load(asked.project.root, asked.systems).invariants
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001  # a module may do anything, even exit
        return ()


def _active(asked: Opening, systems: Systems) -> "Active":
    """What evaluates, but for the instant: that is the servers' to say."""
    from trueup.history import (  # noqa: PLC0415  # loaded while connections are made
        folder,
        ratchet,
        waiver_file,
    )
    from trueup.history.waived import Waivers  # noqa: PLC0415  # as above
    from trueup.report.mask import of_project  # noqa: PLC0415  # as above
    from trueup.suite.active import Active  # noqa: PLC0415  # as above

    project, environment, begun = asked.project, asked.environment, systems.sources.begun
    if asked.history != asked.reports:
        folder.require_folder(asked.history)
    baseline = (
        ratchet.chosen(asked.only_new, asked.history, environment) if asked.only_new else None
    )
    return Active(
        project=project,
        environment=environment,
        run=begun.run,
        systems=systems,
        moment=Moment(begun.started, ""),
        waivers=Waivers(waiver_file.of(project, begun.started), environment, begun.started),
        mask=of_project(project.root),
        history=asked.history,
        reports=asked.reports,
        baseline=baseline,
    )
