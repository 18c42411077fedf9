"""What pytest has reported of a run, gathered from every process."""

from collections.abc import Mapping
from typing import Any

import pytest
from msgspec import Struct, field

from trueup.model.cost import CostRecord
from trueup.model.run import UNKNOWN, Record, Run
from trueup.model.verdict import Verdict
from trueup.suite.record import carried, says_nothing


class Recorder(Struct):
    """What the controller gathers; workers only send. `shown` are the reports that pytest keeps."""

    shown: Mapping[str, list[Any]]
    records: list[Record] = field(default_factory=list)
    costs: list[Mapping[str, CostRecord] | None] = field(default_factory=list)

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

        self.costs.append(costs.sent(node))


def exit_code(run: Run, code: int, failed: int) -> int:
    """
    Pytest's exit code, but 6 where all that failed is unknown.

    Anything else that pytest has to say (interrupted, an error of a module) stays as it is.
    """
    unknown = len([record for record in run.having(Verdict.UNKNOWN) if not record.excused])
    only_unknown = code == pytest.ExitCode.TESTS_FAILED and failed == unknown > 0
    return UNKNOWN if only_unknown else code
