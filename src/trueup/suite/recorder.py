"""The run that a suite makes: records gathered from every process, written when all is done."""

import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct, field
from msgspec.structs import replace

from trueup.catalog import INVARIANTS, metrics
from trueup.history.past import remembered
from trueup.history.waived import idle
from trueup.model.cost import CostRecord, added
from trueup.model.metric import Metric
from trueup.model.run import UNKNOWN, Record, Run, SystemRecord
from trueup.model.verdict import Verdict
from trueup.suite.active import Active
from trueup.suite.meanwhile import Meanwhile
from trueup.suite.record import carried, says_nothing


class Recorder(Struct):
    """What the controller gathers; workers only send. `shown` are the reports that pytest keeps."""

    started: datetime
    shown: Mapping[str, list[Any]]
    records: list[Record] = field(default_factory=list)
    workers: list[Mapping[str, CostRecord] | None] = field(default_factory=list)
    meanwhile: Meanwhile | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the record that a report carries; have pytest forget what says nothing."""
        found = carried(report)
        if found is not None:
            self.records.append(found)
        # For each that is broken, pytest would look through all of these for its tear-down.
        elif says_nothing(report) and self.shown.get("", [None])[-1] is report:
            self.shown[""].pop()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what a worker's questions cost; one that crashed does not say."""
        from trueup.suite import costs  # noqa: PLC0415  # most runs have no workers

        self.workers.append(costs.sent(node))

    def begin(self, active: Active, selection: str) -> Meanwhile:
        """Find meanwhile what else the run says: metrics too, unless a selection was made."""
        metrics = () if selection else _metrics(active, tuple(active.systems.environments))
        self.meanwhile = Meanwhile(active, metrics)
        return self.meanwhile

    def run(self, active: Active, selection: str, workers: int, *, explain: bool = True) -> Run:
        """
        The whole run, compared with those before it, and told what was mended since.

        What took longest is explained where that is wanted.
        """
        meanwhile = self.meanwhile or self.begin(active, selection)
        meanwhile.wait()
        names = tuple(active.systems.environments)
        measured = meanwhile.measured()
        run = Run(
            id=active.run,
            environment=active.environment,
            started=self.started,
            finished=datetime.now(UTC),
            as_of=active.moment.now,
            clock=active.moment.clock,
            versions=_versions(),
            workers=workers,
            selection=selection,
            systems=tuple(self._system(active, name, explain) for name in names),
            records=tuple(sorted(self.records, key=lambda r: r.id)),
            metrics=measured,
            mended=meanwhile.mended,
            mended_since=meanwhile.moment,
            only_new=active.only_new,
        )
        run = remembered(run, meanwhile.earlier)
        return replace(run, idle_waivers=idle(run, active.waivers))

    def _system(self, active: Active, name: str, explain: bool) -> SystemRecord:
        """What was opened for a system, and what this process and its workers cost it."""
        found = active.systems.record(name)
        mine = active.systems.cost(name, explain=explain)
        theirs = [worker[name] if worker else None for worker in self.workers]
        return replace(found, cost=added([mine, *theirs]))


def exit_code(run: Run, code: int, failed: int) -> int:
    """
    Pytest's exit code, but 6 where all that failed is unknown.

    Anything else that pytest has to say (interrupted, an error of a module) stays as it is.
    """
    unknown = len([record for record in run.having(Verdict.UNKNOWN) if not record.excused])
    only_unknown = code == pytest.ExitCode.TESTS_FAILED and failed == unknown > 0
    return UNKNOWN if only_unknown else code


def _metrics(active: Active, systems: Sequence[str]) -> tuple[Metric, ...]:
    home: Path = active.project.root / INVARIANTS
    return tuple(found for name in systems for found in metrics(home / name))


def _versions() -> dict[str, str]:
    packages = ("trueup", "pytest", "psycopg")
    return {"python": platform.python_version()} | {name: version(name) for name in packages}
