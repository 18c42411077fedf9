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


def _has(project: Project, name: str, environment: str) -> bool:
    found = project.system(name)
    return environment in found.environments or (environment == SAMPLE and found.sample is not None)
