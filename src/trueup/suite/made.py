"""The run made: of what was reported, what was found meanwhile, and what it all cost."""

import platform
from datetime import UTC, datetime
from importlib.metadata import version

from msgspec.structs import replace

from trueup.history.past import remembered
from trueup.history.waived import idle
from trueup.model.cost import added
from trueup.model.run import Run, SystemRecord
from trueup.suite.active import Active
from trueup.suite.asking import Reported
from trueup.suite.meanwhile import Meanwhile


def run(active: Active, selection: str, reported: Reported, meanwhile: Meanwhile) -> Run:
    """
    The whole run, compared with those before it, and told what was mended since.

    What took longest is explained, unless it was stopped.
    """
    meanwhile.wait()
    names = tuple(active.systems.environments)
    measured = meanwhile.measured()
    made = Run(
        id=active.run,
        environment=active.environment,
        started=active.started,
        finished=datetime.now(UTC),
        as_of=active.moment.now,
        clock=active.moment.clock,
        versions=_versions(),
        workers=reported.workers,
        selection=selection,
        systems=tuple(_system(active, name, reported) for name in names),
        records=tuple(sorted(reported.records, key=lambda one: one.id)),
        metrics=measured,
        mended=meanwhile.mended,
        mended_since=meanwhile.moment,
        only_new=active.only_new,
        stopped=reported.stopped,
    )
    made = remembered(made, meanwhile.earlier)
    return replace(made, idle_waivers=idle(made, active.waivers))


def _system(active: Active, name: str, reported: Reported) -> SystemRecord:
    """What was opened for a system, and what this process and its workers cost it."""
    found = active.systems.record(name)
    mine = active.systems.cost(name, explain=not reported.stopped)
    theirs = [worker[name] if worker else None for worker in reported.costs]
    return replace(found, cost=added([mine, *theirs]))


def _versions() -> dict[str, str]:
    packages = ("trueup", "pytest", "psycopg")
    return {"python": platform.python_version()} | {name: version(name) for name in packages}
