"""Our columns in pytest-html's page: the hooks that pass on what `report.pytest_html` makes."""

import os

import pytest

from trueup.report import pytest_html, store
from trueup.report.links import NOWHERE, Links
from trueup.suite.asking import Asking
from trueup.suite.record import carried
from trueup.suite.stash import RUN


class HtmlView:
    """Registered where a run is made with --env; other pages of pytest-html stay as they are."""

    def __init__(self, config: pytest.Config, asking: Asking) -> None:
        self._page = _link(config, asking)
        self._links = _files(config, asking)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add the detail below a row; in the controller only, or it would be there twice."""
        found = carried(report)
        if found is not None:
            known = getattr(report, "extras", [])
            vars(report)["extras"] = [*known, *pytest_html.extras(found, self._page, self._links)]

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_header(self, cells: list[str]) -> None:
        """Name our columns."""
        pytest_html.header(cells)

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_row(self, report: pytest.TestReport, cells: list[str]) -> None:
        """Fill them, escaped: pytest-html takes cells as they are."""
        seconds = getattr(report, "duration", 0.0)  # a collection has none
        pytest_html.row(carried(report), report.nodeid, seconds, cells)

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_html(self, report: pytest.TestReport, data: list[str]) -> None:
        """Leave the log out where there is a record: it says all, and the log might say more."""
        if carried(report):
            pytest_html.silence(data)

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_summary(self, prefix: list[str], session: pytest.Session) -> None:
        """Put the verdict above the table."""
        finished = session.config.stash.get(RUN, None)
        pytest_html.summary(prefix, finished.run if finished else None)


def _link(config: pytest.Config, asking: Asking) -> str | None:
    """How pytest-html's page, where one is asked for, reaches the run's page."""
    asked: str | None = getattr(config.option, "htmlpath", None)
    if asked is None:
        return None
    page = asking.root / config.option.reports / asking.run / store.PAGE
    return os.path.relpath(page, (config.invocation_params.dir / asked).parent)


def _files(config: pytest.Config, asking: Asking) -> Links:
    """How pytest-html's page reaches the project's files: the fixes and the runbooks."""
    asked: str | None = getattr(config.option, "htmlpath", None)
    if asked is None:
        return NOWHERE
    place = (config.invocation_params.dir / asked).parent
    return Links(source=f"{os.path.relpath(asking.root, place)}/")
