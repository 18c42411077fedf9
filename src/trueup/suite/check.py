"""`trueup check`: what is asked, and by how many processes."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from trueup.config import Project
from trueup.errors import RunError

if TYPE_CHECKING:
    from trueup.suite.wire import Channel, Order


class Asked(Struct, frozen=True):
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
    brief: bool = False
    """Only how many and the worst, and not each violated invariant by itself."""


def run(project: Project, asked: Asked) -> int:
    """
    Run pytest over the systems' invariants and give its exit code.

    What is loaded depends on the process, so nothing is before it is known which this is. Raises
    RunError for a file beside the run's own that cannot be written.
    """
    for file in filter(None, (asked.html, asked.junit)):
        _require_writable(file)
    names = asked.systems or tuple(project.config.systems)
    from trueup.suite import apart  # noqa: PLC0415  # as the docstring says

    if asked.workers or not apart.POSSIBLE:
        return _in_one(project, asked, names)
    return _in_two(project, asked, names)


def _require_writable(file: Path) -> None:
    """Look before anything is asked: pytest writes it in the end, and makes its folder."""
    there = next(place for place in (file, *file.absolute().parents) if place.exists())
    fits = there.is_dir() if there != file else not there.is_dir()
    if not fits or not os.access(there, os.W_OK):
        raise RunError(f"{str(file)!r} cannot be written; see {str(there)!r}, or name another file")


def _in_two(project: Project, asked: Asked, names: tuple[str, ...]) -> int:
    """One process asks, and this one reports: each loads what the other need not."""
    # What both psycopg and pytest need is loaded once.
    import importlib.metadata  # noqa: F401, PLC0415  # as the line above says
    import logging  # noqa: F401, PLC0415  # as above
    import subprocess  # noqa: F401, PLC0415  # as above

    from trueup.suite.apart import apart  # noqa: PLC0415  # as `run` says

    def ask(channel: "Channel[Order]") -> None:
        from trueup.suite import asker  # noqa: PLC0415  # as `run` says

        asker.ask(project, asked, names, channel)

    with apart(ask) as channel:
        from trueup.suite import under_pytest  # noqa: PLC0415  # as `run` says
        from trueup.suite.elsewhere import Elsewhere  # noqa: PLC0415  # as `run` says

        asking = Elsewhere(project.root, project.root / asked.reports, channel)
        return under_pytest.run(project, asked, names, asking)


def _in_one(project: Project, asked: Asked, names: tuple[str, ...]) -> int:
    """With workers this process only holds their snapshots; connections begin before pytest."""
    from trueup.environment import environments  # noqa: PLC0415  # as `run` says
    from trueup.suite.beginning import begun, opened  # noqa: PLC0415  # as `run` says

    with environments(project, asked.environment, names) as found, begun(found) as sources:
        from trueup.suite import under_pytest  # noqa: PLC0415  # as `run` says
        from trueup.suite.here import Here  # noqa: PLC0415  # as `run` says

        with opened(project, asked, sources) as active:
            return under_pytest.run(project, asked, names, Here(active))
