"""Trueup inside pytest: hooks only, each of which delegates at once; never imports `primary`."""

from collections.abc import Generator, Mapping
from pathlib import Path
from traceback import clear_frames
from typing import Any

import pytest

from trueup.model.invariant import Invariant
from trueup.suite import options
from trueup.suite.shares import LOAD, WORKER
from trueup.suite.stash import ASKING, RECORDER, RUN

# What makes a run is imported when a run is asked for: pytest loads this plugin every time.

STATUS: Mapping[str, tuple[str, str, str | tuple[str, Mapping[str, bool]]]] = {
    "holds": ("passed", ".", "HOLDS"),
    "violated": ("failed", "V", "VIOLATED"),
    "unknown": ("unknown", "U", ("UNKNOWN", {"yellow": True})),
    "waived": ("waived", "w", ("WAIVED", {"yellow": True})),
    "not applicable": ("skipped", "s", "NOT APPLICABLE"),
}
"""Pytest's category, letter and word of each verdict; unknown is never counted as a failure."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --env and what goes with it."""
    options.add(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Open the environment, before xdist starts its workers; without --env nothing is opened."""
    config = session.config
    if config.option.env is None:
        return
    options.require_readable(config)
    from trueup.suite.recorder import Recorder

    if ASKING not in config.stash:
        from trueup.suite.start import start

        config.stash[ASKING] = start(config)
    config.stash[ASKING].wait()
    if not hasattr(config, "workerinput"):
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        config.stash[RECORDER] = Recorder(reporter.stats if reporter else {})
        config.pluginmanager.register(config.stash[RECORDER], "trueup-recorder")
        if getattr(config.option, "htmlpath", None):
            from trueup.suite.html_view import HtmlView

            config.pluginmanager.register(
                HtmlView(config, config.stash[ASKING]), "trueup-html-view"
            )


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker which run it belongs to."""
    if ASKING in node.config.stash:
        from trueup.suite.start import told

        node.workerinput[WORKER] = told(node.config)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each worker of a run its share at once, unless another way was asked for."""
    if ASKING not in config.stash or config.option.dist != LOAD:
        return None
    from trueup.suite.scheduler import Shares

    return Shares(config, log)


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say which environment, instant and run this is."""
    asking = config.stash.get(ASKING, None)
    return None if asking is None else f"trueup: {asking.header()}"


def pytest_pycollect_makemodule(
    module_path: Path, parent: pytest.Collector
) -> pytest.Module | None:
    """Take the modules of a run from where they were imported to ask ahead."""
    if ASKING not in parent.config.stash:
        return None
    from trueup.suite.module import InvariantModule

    module: pytest.Module = InvariantModule.from_parent(parent, path=module_path)
    return module


def pytest_pycollect_makeitem(
    collector: pytest.Module | pytest.Class, name: str, obj: object
) -> list[pytest.Item] | None:
    """Make an item of each invariant; everything else is pytest's."""
    if not isinstance(obj, Invariant | pytest.MarkDecorator | type):
        return None
    if isinstance(obj, type) and ASKING not in collector.config.stash:
        return None  # classes are everywhere; to look into one loads what only a run needs
    from trueup.suite.item import is_item, make

    if not is_item(obj, name, collector):
        return [] if isinstance(obj, Invariant) else None
    return [make(collector, name, obj, collector.config.stash.get(ASKING, None))]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse to run invariants without an environment: none is the default, and none is guessed."""
    invariants = any(hasattr(item, "invariant") for item in items)
    if invariants and config.option.env is None and not config.option.collectonly:
        raise pytest.UsageError(
            "trueup: say which environment to read, as in --env sample; none is the default"
        )


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Ask ahead what was selected; in a worker of xdist what it is given."""
    config = session.config
    asking = config.stash.get(ASKING, None)
    if asking is None or config.option.collectonly:
        return None
    from trueup.suite import finish, shares

    if session.testsfailed:
        return finish.end_unread(session)
    mine = shares.given(session)
    chosen = [item.invariant for item in mine if hasattr(item, "invariant")]
    if chosen:
        asking.begin(chosen, finish.selected(config) if RECORDER in config.stash else None)
    return None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """
    Let the record travel with the report, as plain data, across processes.

    What an invariant printed or logged does not travel: it may hold a row. Nor is what it worked
    with held by the exception that says its verdict.
    """
    report = yield
    if hasattr(item, "invariant"):
        from trueup.suite.record import attach

        report.sections.clear()
        attach(item, report)
        if call.excinfo is not None:
            clear_frames(call.excinfo.tb)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Show where a module of invariants broke, nothing of what it said; outside of capturing."""
    report = yield
    if ASKING in collector.config.stash:
        from trueup.suite.safe import collected

        collected(report, collector.path)
    return report


def pytest_report_teststatus(
    report: pytest.CollectReport | pytest.TestReport,
) -> tuple[str, str, str | tuple[str, Mapping[str, bool]]] | None:
    """Say the verdict in place of passed and failed."""
    from trueup.suite.record import in_maintenance, verdict_of

    verdict = verdict_of(report)
    if verdict and in_maintenance(report):
        return "in maintenance", "m", (f"{verdict.upper()}, IN MAINTENANCE", {"yellow": True})
    if verdict == "violated" and hasattr(report, "wasxfail"):
        return "known", "v", ("VIOLATED, NOT NEW", {"yellow": True})
    return STATUS[verdict] if verdict else None


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Make the run before pytest-html draws it; pytest's exit code says the verdicts."""
    config = session.config
    asking, recorder = config.stash.get(ASKING, None), config.stash.get(RECORDER, None)
    if asking is None:
        return
    from trueup.suite import finish

    try:
        if recorder is not None:
            config.stash[RUN] = finish.finish(session, asking, recorder)
        elif hasattr(config, "workeroutput"):
            from trueup.suite import costs
            from trueup.suite.start import here

            explain = not finish.is_stopped(session)
            costs.send(config.workeroutput, here(config).systems, explain=explain)
    finally:
        asking.close()


@pytest.hookimpl(optionalhook=True)
def pytest_metadata(metadata: dict[str, str], config: pytest.Config) -> None:
    """Publish nothing of the machine; the run says what it was made with."""
    if config.option.env is not None:
        metadata.clear()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say what is unknown, and what to do next."""
    finished = config.stash.get(RUN, None)
    if finished is not None:
        from trueup.suite import finish

        finish.tell(terminalreporter, finished)
