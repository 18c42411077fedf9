"""Pytest, called for a run that was begun before pytest was loaded."""

import gc
from contextlib import closing
from importlib import import_module
from typing import TYPE_CHECKING

from msgspec import Struct

from trueup.config import Project
from trueup.errors import RunError, TrueupError
from trueup.suite.check import Asked
from trueup.suite.selected import paths

if TYPE_CHECKING:
    import pytest

    from trueup.suite.asking import Asking


PLUGIN = "trueup.pytest_plugin"
"""Trueup's own, which a worker is told by its name."""

IDLE = (
    *("cacheprovider", "debugging", "doctest", "faulthandler", "junitxml", "legacypath", "logging"),
    *("pastebin", "setuponly", "setupplan", "stepwise", "threadexception", "unraisableexception"),
)
"""Plugins of pytest that do nothing for an invariant, and take time at each of its phases."""


class _Asking(Struct, frozen=True):
    """Who asks, known before pytest was loaded, and handed to it as a plugin."""

    asking: "Asking"
    brief: bool

    def pytest_configure(self, config: "pytest.Config") -> None:
        """Put it where every hook looks."""
        from trueup.suite.stash import ASKING, BRIEF  # noqa: PLC0415  # it loads pytest

        config.stash[ASKING] = self.asking
        config.stash[BRIEF] = self.brief

    def pytest_sessionstart(self, session: "pytest.Session") -> None:
        """Say which hook of a conftest.py has no plugin; pytest would call it its own error."""
        from pluggy import PluginValidationError  # noqa: PLC0415  # as the next line
        from pytest import UsageError  # noqa: PLC0415, PT013  # as above

        try:
            session.config.pluginmanager.check_pending()
        except PluginValidationError as error:
            raise UsageError(
                f"trueup: {error}; `trueup check` loads no plugin but its own: name yours in"
                ' conftest.py, as in pytest_plugins = ["pytest_html.plugin"]'
            ) from None


def run(project: Project, asked: Asked, names: tuple[str, ...], asking: "Asking") -> int:
    """
    Have pytest report, and give its exit code; where it could not read its words, ours.

    Raises the TrueupError that refused the run, and RunError where a file beside the run's own
    could not be written, which is done last.
    """
    import pytest  # noqa: PLC0415  # meanwhile the servers are connected to, or asked

    gc.freeze()  # pytest collects twice at its end, and would look through all its modules
    with closing(asking):
        # By its name alone pytest would look for it among all that is installed.
        plugins = [_Asking(asking, asked.brief), import_module(PLUGIN)]
        try:
            code = int(pytest.main(arguments(project, asked, names), plugins))
        except OSError as error:
            if not (asked.html or asked.junit):
                raise
            raise RunError(
                f"the run is in {str(asked.reports)!r}, but its other form could not be written:"
                f" {error.strerror}; see that --html and --junitxml lead where there is room"
            ) from None
    if asking.refusal is not None:
        raise asking.refusal
    return TrueupError.exit_code if code == pytest.ExitCode.USAGE_ERROR else code


def arguments(project: Project, asked: Asked, names: tuple[str, ...]) -> list[str]:
    """The words that pytest is called with."""
    folders = paths(project, names)
    words = [*folders, f"--rootdir={project.root}", "--env", asked.environment, "-q", "--no-header"]
    words += _plugins(asked)
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
    words += ["--tb=no"] if asked.brief else []
    return words


def _plugins(asked: Asked) -> list[str]:
    """
    Load only the plugins that these words need: to load whatever is installed takes long.

    A project's own `addopts` may need any of the others, so they are left out, and settings that
    only a plugin knows are passed over.
    """
    named = [PLUGIN]
    named += ["pytest_metadata.plugin", "pytest_html.plugin"] if asked.html else []
    named += ["xdist.plugin"] if asked.workers else []
    named += [f"no:{name}" for name in IDLE if not (name == "junitxml" and asked.junit)]
    unsaid = ["-o", "addopts=", "-o", "strict=false", "-o", "strict_config=false"]
    unknown = ["-W", "ignore:Unknown config option:pytest.PytestConfigWarning"]
    return [*unsaid, *unknown, "--disable-plugin-autoload", *(f"-p{name}" for name in named)]
