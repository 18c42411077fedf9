"""The matrix of a scheduled workflow: a job a system, for those that have the environment."""

import json
from collections.abc import Sequence

from trueup.config import FILE, SAMPLE, Project
from trueup.errors import ConfigError


def of(project: Project, environment: str, systems: Sequence[str] = ()) -> str:
    """
    Give the line of a job's output, `matrix={"include": [...]}`.

    Raises ConfigError for a system that is not there, and where none has the environment: a
    schedule that looks at nothing must not look well.
    """
    names = [name for name in systems or project.config.systems if _has(project, name, environment)]
    if not names:
        raise ConfigError(f"no system has an environment {environment!r} in {FILE}")
    include = [{"system": name, "environment": environment} for name in names]
    return "matrix=" + json.dumps({"include": include}, separators=(",", ":"))


def systems(matrix: str) -> tuple[str, ...]:
    """The systems of a matrix, as a later job is told it; raises ConfigError for what is none."""
    try:
        return tuple(one["system"] for one in json.loads(matrix)["include"])
    except (ValueError, KeyError, TypeError):
        raise ConfigError(
            f"{matrix!r} is no matrix; `trueup list --format github` says it"
        ) from None


def _has(project: Project, name: str, environment: str) -> bool:
    found = project.system(name)
    return environment in found.environments or (environment == SAMPLE and found.sample is not None)
