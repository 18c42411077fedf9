"""A fix that somebody asked for in GitHub's form: what they typed, as a plan that a job saves."""

import os
import shlex
import tempfile
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from trueup import mending
from trueup.ci.actions import Actions
from trueup.ci.github import GitHub
from trueup.config import Project
from trueup.errors import CiError, ConfigError
from trueup.mending import files
from trueup.model.plan import Plan
from trueup.primary import markdown, typed

TYPED = {
    "system": "TRUEUP_SYSTEM",
    "fix": "TRUEUP_FIX",
    "environment": "TRUEUP_ENVIRONMENT",
    "rows": "TRUEUP_ROWS",
    "reason": "TRUEUP_REASON",
    "undo": "TRUEUP_UNDO",
}
"""The fields of the form, and the variables in which its workflow passes them; never in a shell."""


class Typed(Struct, frozen=True, kw_only=True):
    """
    What was typed: a fix of a system, or the number of a journal entry to take back.

    `rows` is for a procedure: one row as `user_id=… credits=10`, or, where it has several lines, a
    table of comma-separated values with its columns in the first.
    """

    system: str
    environment: str
    fix: str = ""
    rows: str = ""
    reason: str = ""
    undo: str = ""


def read(values: Mapping[str, str] = os.environ) -> Typed:
    """The form as it was sent; raises ConfigError where it says too little, or two things."""
    said = {name: values.get(variable, "").strip() for name, variable in TYPED.items()}
    for name in ("system", "environment"):
        if not said[name]:
            raise ConfigError(f"the form says no {name}: {TYPED[name]} is empty")
    if bool(said["fix"]) is bool(said["undo"]):
        raise ConfigError("the form asks for a fix or for an undo: fill in one of the two")
    if said["undo"] and not said["undo"].isdigit():
        raise ConfigError(f"{said['undo']!r} is no journal entry; it is a number")
    return Typed(**said)


def plan(project: Project, asked: Typed) -> Plan:
    """Plan what was asked for; what a plan refuses is refused here too."""
    if asked.undo:
        entry = int(asked.undo)
        return mending.plan_undo(project, asked.environment, asked.system, entry, asked.reason)
    return mending.plan(
        project,
        mending.Asked(
            name=f"{asked.system}.{asked.fix}",
            environment=asked.environment,
            reason=asked.reason,
            rows=rows(asked.rows),
        ),
    )


def save(plan: Plan, path: Path, actions: Actions) -> str:
    """Save the plan for the job that applies it, and give its diff as Markdown."""
    files.write(plan, path)
    actions.output("digest", plan.digest)
    actions.output("changes", str(plan.does_something).lower())
    return markdown.of_plan(plan)


def require_private(github: GitHub) -> None:
    """
    Raise CiError where anybody may fetch what a job saves.

    A plan has rows as they were, and the artifacts of a public repository are anybody's.
    """
    if not github.repository()["private"]:
        raise CiError(
            "this repository is public, and a plan has rows in it that anybody could fetch;"
            " plan and apply from a private one, or by hand"
        )


def rows(text: str) -> tuple[Mapping[str, str], ...]:
    """The rows that were typed; raises PlanError or ConfigError for what are none."""
    if "\n" not in text:
        return tuple(typed.from_words(_words(text)))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.csv"
        file.write_text(text, encoding="utf-8")
        return tuple(typed.from_file(file))


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        raise ConfigError("the form's rows have a quotation mark without its other") from None
