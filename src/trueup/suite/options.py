"""The options that Trueup adds to pytest, and pytest's own that select."""

from typing import Any

import pytest


def add(parser: pytest.Parser) -> None:
    """Add them, each with a help text that says what happens without it."""
    group = parser.getgroup("trueup", "invariants against a replica")
    group.addoption(
        "--env",
        metavar="NAME",
        help="the environment whose replica is read (sample needs nothing else);"
        " without it no invariant is evaluated",
    )
    group.addoption(
        "--as-of",
        metavar="INSTANT",
        help="the instant that invariants are asked about, as in 2026-11-02T12:00:00Z"
        " (default: the replica's clock)",
    )
    group.addoption(
        "--reports",
        metavar="FOLDER",
        default="reports",
        help="where the run's folder is written (default: reports)",
    )
    group.addoption(
        "--history",
        metavar="FOLDER",
        help="where earlier runs are, to say what is new (default: the folder of --reports)",
    )
    group.addoption(
        "--only-new",
        metavar="RUN",
        help="fail only on violations that RUN did not have: a run's id, its folder, or `last`",
    )


def require_readable(config: pytest.Config) -> None:
    """
    Raise pytest's UsageError for -k or -m that it cannot read.

    It reads them after the collection: where each worker does that, xdist calls it its own error.
    """
    mark: Any = config.pluginmanager.get_plugin("mark")
    mark.pytest_collection_modifyitems(items=[], config=config)
