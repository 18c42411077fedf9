"""GitHub Actions, as a job sees it: who runs it, for which repository, and where it may ask."""

import os
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from trueup.errors import ConfigError


class Actions(Struct, frozen=True, kw_only=True):
    """
    The job's environment; `token` is never printed.

    `actor` began the run, `again` is who started this attempt of it: the same person, unless
    somebody else ran it again (GitHub's documentation, "Variables reference").
    """

    repository: str
    run: str
    actor: str
    again: str
    api: str
    server: str
    token: str
    outputs: str = ""
    summary: str = ""

    @property
    def page(self) -> str:
        """The page of the run that the job belongs to."""
        return f"{self.server}/{self.repository}/actions/runs/{self.run}"

    @property
    def remote(self) -> str:
        """The repository, as git knows it."""
        return f"{self.server}/{self.repository}.git"

    def output(self, name: str, value: str) -> None:
        """Tell later steps and jobs a value of one line; it is not a secret's place."""
        _append(self.outputs, f"{name}={value}\n")

    def summarise(self, text: str) -> None:
        """Show Markdown on the page of the run; GitHub drops whole what is over 1 MiB."""
        _append(self.summary, text + "\n")

    def __repr__(self) -> str:
        return f"Actions({self.repository!r}, run {self.run})"


def here(values: Mapping[str, str] = os.environ) -> Actions:
    """The job that we are in; raises ConfigError for what is missing, by its name."""

    def needed(name: str) -> str:
        if not values.get(name):
            raise ConfigError(
                f"the variable {name} is not set; in a job of GitHub Actions it is"
                + (", where the step passes it: env: GITHUB_TOKEN" if "TOKEN" in name else "")
            )
        return values[name]

    actor = needed("GITHUB_ACTOR")
    return Actions(
        repository=needed("GITHUB_REPOSITORY"),
        run=needed("GITHUB_RUN_ID"),
        actor=actor,
        again=values.get("GITHUB_TRIGGERING_ACTOR", actor),
        api=values.get("GITHUB_API_URL", "https://api.github.com"),
        server=values.get("GITHUB_SERVER_URL", "https://github.com"),
        token=needed("GITHUB_TOKEN"),
        outputs=values.get("GITHUB_OUTPUT", ""),
        summary=values.get("GITHUB_STEP_SUMMARY", ""),
    )


def _append(path: str, text: str) -> None:
    """Add to one of the runner's files; outside a job there is none, and nobody reads it."""
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)
