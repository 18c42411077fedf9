"""The start of a run, in the controller and in each xdist worker."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from trueup.config import Project, find_project, instant
from trueup.errors import TrueupError
from trueup.history import ratchet
from trueup.history.waived import Waivers
from trueup.history.waiver_file import FILE, read
from trueup.report.mask import of_project
from trueup.suite.active import Active, run_id, systems_of
from trueup.suite.opened import Moment, Systems

WORKER = "trueup"
"""The key below which a worker finds what the controller tells it."""


def start(config: pytest.Config) -> Active:
    """
    Open the environment that --env names for the systems that the paths touch.

    Raises pytest.UsageError with one line for anything the user can mend.
    """
    try:
        return _started(config)
    except TrueupError as error:
        raise pytest.UsageError(f"trueup: {error}") from None


def told(active: Active) -> dict[str, object]:
    """What a worker must know, in types that travel."""
    moment = active.moment
    return {
        "run": active.run,
        "now": moment.now.isoformat(),
        "clock": moment.clock,
        "systems": list(active.systems.environments),
        "folder": str(active.systems.folder),
        "started": active.waivers.now.isoformat(),
        "baseline": str(active.baseline or ""),
    }


def _started(config: pytest.Config) -> Active:
    worker: Mapping[str, object] | None = getattr(config, "workerinput", {}).get(WORKER)
    project = find_project(config.invocation_params.dir)
    environment = str(config.option.env)
    if worker is not None:
        names = worker["systems"]
        run = str(worker["run"])
        folder = Path(str(worker["folder"]))
        systems = Systems(project, environment, tuple(names), run, folder)  # type: ignore[arg-type]  # execnet gives a list of str
        moment = Moment(datetime.fromisoformat(str(worker["now"])), str(worker["clock"]))
        started = datetime.fromisoformat(str(worker["started"]))
        waivers = Waivers(read(project.root / FILE, started), environment, started)
        baseline = Path(str(worker["baseline"])) if worker["baseline"] else None
        return Active(
            project, environment, run, systems, moment, waivers, of_project(project.root), baseline
        )
    started = datetime.now(UTC)
    run = run_id(started)
    waivers = Waivers(read(project.root / FILE, started), environment, started)
    asked = config.option.only_new
    baseline = ratchet.chosen(asked, history(project, config), environment) if asked else None
    as_of = instant(config.option.as_of) if config.option.as_of else None
    chosen = systems_of(project, config.args, config.invocation_params.dir)
    systems = Systems(project, environment, chosen, run)
    mask = of_project(project.root)
    systems.share()
    return Active(
        project, environment, run, systems, systems.moment(as_of), waivers, mask, baseline
    )


def history(project: Project, config: pytest.Config) -> Path:
    """The folder of earlier runs: the one that is named, or the one that this run lands in."""
    return project.root / str(config.option.history or config.option.reports)
