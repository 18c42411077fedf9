"""`trueup check`: what is asked, and what begins before the rest of it is loaded."""

from contextlib import closing
from pathlib import Path

from msgspec import Struct

from trueup.config import Project
from trueup.environment import environments
from trueup.suite.begun import Begun


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


def run(project: Project, asked: Asked) -> int:
    """
    Run pytest over the systems' invariants and give its exit code.

    What takes long begins first: the environment, so that a word can be said while the sample
    starts, then the connections, which the servers make while all else is loaded.
    """
    names = asked.systems or tuple(project.config.systems)
    with (
        environments(project, asked.environment, names) as found,
        closing(Begun(found)) as begun,
    ):
        from trueup.suite.sources import Sources  # noqa: PLC0415  # as the docstring says

        with closing(Sources(found, begun)) as sources:
            sources.share()
            from trueup.suite import under_pytest  # noqa: PLC0415  # as above

            return under_pytest.run(project, asked, names, sources)
