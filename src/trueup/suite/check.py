"""`trueup check`: the suite through pytest, with the sample held from outside where it is asked."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from trueup.catalog import INVARIANTS
from trueup.config import Project
from trueup.environment import environments


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the command line asked for."""

    environment: str
    systems: tuple[str, ...] = ()
    keyword: str = ""
    workers: int = 0
    as_of: str = ""
    reports: Path = Path("reports")
    history: Path | None = None
    only_new: str = ""
    html: Path | None = None
    junit: Path | None = None
    fail_fast: bool = False


def run(project: Project, asked: Asked) -> int:
    """
    Run pytest over the systems' invariants and give its exit code.

    The environment is opened here first, so that a word can be said while the sample starts:
    pytest captures whatever is printed while it starts.
    """
    names = asked.systems or tuple(project.config.systems)
    with environments(project, asked.environment, names):
        return int(pytest.main(arguments(project, asked, names)))


def arguments(project: Project, asked: Asked, names: tuple[str, ...]) -> list[str]:
    """The words that pytest is called with."""
    paths = [str(project.root / INVARIANTS / name) for name in names]
    words = [*paths, f"--rootdir={project.root}", "--env", asked.environment, "-q", "--no-header"]
    words += ["-rN"]  # the closing summary is ours; pytest's would say it again
    words += ["--import-mode=importlib", "--reports", str(asked.reports)]
    # Pytest would rewrite our asserts, had it imported us first; there are none.
    words += ["-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"]
    words += ["-k", asked.keyword] if asked.keyword else []
    words += ["-n", str(asked.workers)] if asked.workers else []
    words += ["--as-of", asked.as_of] if asked.as_of else []
    words += ["--history", str(asked.history)] if asked.history else []
    words += ["--only-new", asked.only_new] if asked.only_new else []
    words += [f"--html={asked.html}", "--self-contained-html"] if asked.html else []
    words += [f"--junitxml={asked.junit}"] if asked.junit else []
    words += ["-x"] if asked.fail_fast else []
    return words
