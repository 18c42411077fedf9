"""The start of a run in pytest, in the controller and in each xdist worker."""

import logging
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from trueup.config import Project, find_project
from trueup.errors import TrueupError
from trueup.history import waiver_file
from trueup.history.waived import Waivers
from trueup.report.mask import of_project
from trueup.suite.active import Active
from trueup.suite.here import Here
from trueup.suite.opened import Systems
from trueup.suite.opening import Opening, opened
from trueup.suite.selected import systems_of
from trueup.suite.shares import LOAD, WORKER
from trueup.suite.sources import Moment
from trueup.suite.stash import ASKING


def start(config: pytest.Config) -> Here:
    """
    Open the environment that --env names for the systems that the paths touch.

    Raises pytest.UsageError with one line for anything the user can mend.
    """
    _hush(config)
    worker: Mapping[str, Any] | None = getattr(config, "workerinput", {}).get(WORKER)
    try:
        project = find_project(config.invocation_params.dir)
        return Here(
            _joined(config, project, worker) if worker else opened(_opening(config, project))
        )
    except TrueupError as error:
        raise pytest.UsageError(f"trueup: {error}") from None


def here(config: pytest.Config) -> Active:
    """What evaluates in this process; a run with workers has no other process that asks."""
    asking = config.stash[ASKING]
    assert isinstance(asking, Here)  # noqa: S101  # `trueup check` sees to it
    return asking.active


def told(config: pytest.Config) -> dict[str, object]:
    """What a worker must know, in types that travel."""
    active = here(config)
    moment = active.moment
    return {
        "run": active.run,
        "now": moment.now.isoformat(),
        "clock": moment.clock,
        "systems": list(active.systems.environments),
        "folder": str(active.systems.folder),
        "started": active.started.isoformat(),
        "baseline": str(active.baseline or ""),
        "shares": config.option.dist == LOAD,
        "processes": len(config.option.tx),
    }


def history(project: Project, config: pytest.Config) -> Path:
    """The folder of earlier runs: the one that is named, or the one that this run lands in."""
    return project.root / str(config.option.history or config.option.reports)


def reports(project: Project, config: pytest.Config) -> Path:
    """The folder that this run lands in."""
    return project.root / str(config.option.reports)


def _hush(config: pytest.Config) -> None:
    """
    Log nothing until pytest ends: where a project has a log shown or kept, it may be a row.

    That is so for an invariant's own words, and for those of what it asks by, in any thread.
    """
    config.add_cleanup(partial(logging.disable, logging.root.manager.disable))
    logging.disable()


def _opening(config: pytest.Config, project: Project) -> Opening:
    return Opening(
        project=project,
        environment=str(config.option.env),
        systems=systems_of(project, config.args, config.invocation_params.dir),
        history=history(project, config),
        reports=reports(project, config),
        as_of=config.option.as_of or "",
        only_new=config.option.only_new or "",
    )


def _joined(config: pytest.Config, project: Project, told: Mapping[str, Any]) -> Active:
    """What a worker takes part in; the controller opened it and holds its snapshots."""
    environment, run, folder = str(config.option.env), str(told["run"]), Path(str(told["folder"]))
    systems = Systems.of(
        project, environment, told["systems"], run, folder, processes=told["processes"]
    )
    moment = Moment(datetime.fromisoformat(str(told["now"])), str(told["clock"]))
    started = datetime.fromisoformat(str(told["started"]))
    waivers = Waivers(waiver_file.of(project, started), environment, started)
    baseline = Path(str(told["baseline"])) if told["baseline"] else None
    mask = of_project(project.root)
    before, here = history(project, config), reports(project, config)
    return Active(project, environment, run, systems, moment, waivers, mask, before, here, baseline)
