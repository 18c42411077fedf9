"""The begin of a `trueup check`, so ordered that servers work while the rest is loaded."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from trueup.config import Project
from trueup.environment import Environment
from trueup.replica.driver import connecting_first
from trueup.suite.check import Asked
from trueup.suite.selected import watched

if TYPE_CHECKING:
    from trueup.suite.active import Active
    from trueup.suite.opening import Known
    from trueup.suite.sources import Sources


@contextmanager
def begun(environments: Mapping[str, Environment]) -> "Iterator[Sources]":
    """
    Connect, and load what proves a session meanwhile; it is closed with the block.

    Whatever else is loaded is loaded while the servers answer.
    """
    with connecting_first():
        from trueup.suite.begun import Begun  # noqa: PLC0415  # as the docstring says

        connecting = Begun(environments)
    with closing(connecting):
        from trueup.suite.sources import Sources  # noqa: PLC0415  # as above

        with closing(Sources(environments, connecting)) as sources:
            sources.share()
            yield sources


@contextmanager
def opened(
    project: Project, asked: Asked, sources: "Sources", known: "Known | None" = None
) -> "Iterator[Active]":
    """
    Load what asks, and ask what is sure to be selected; it is closed with the block.

    Whoever has to be told of the catalog is, as soon as it is `known`. Raises what
    `opening.opened` does.
    """
    from trueup.suite import opening  # noqa: PLC0415  # as the docstring says

    wanted = opening.Opening(
        project=project,
        environment=asked.environment,
        systems=watched(project, tuple(sources.environments)),
        history=project.root / (asked.history or asked.reports),
        reports=project.root / asked.reports,
        as_of=asked.as_of,
        only_new=asked.only_new,
        whole=not asked.keyword and not asked.workers,
        sources=sources,
        known=known,
    )
    with closing(opening.opened(wanted)) as active:
        yield active
