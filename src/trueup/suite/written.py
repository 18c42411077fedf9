"""The run written, and its page drawn, or why not."""

from collections.abc import Iterable
from pathlib import Path

from trueup.errors import RunError
from trueup.model.run import Run
from trueup.report import store
from trueup.suite.asking import Finished


def written(run: Run, folder: Path, secrets: Iterable[str]) -> Finished:
    """Write it below the folder; none of the secrets may be in what is published."""
    try:
        page = store.write(run, folder, secrets)
    except RunError as error:
        return Finished(run, None, str(error))
    here = Path.cwd()
    return Finished(run, str(page.relative_to(here) if page.is_relative_to(here) else page))
