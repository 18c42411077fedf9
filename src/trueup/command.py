"""The commands that reports print, as somebody can paste them."""

import os
import shlex
import shutil
import sys
from functools import cache
from pathlib import Path

from trueup.model.fix import Fix

PLANS = Path(".trueup") / "plans"


def program() -> str:
    """How this trueup is called from here: by name where it is on the path, else by its file."""
    return _program(os.environ.get("PATH", ""), Path.cwd())


@cache
def _program(path: str, here: Path) -> str:
    """The same, looked for once: a run of a thousand violations prints it two thousand times."""
    installed = Path(sys.executable).parent / "trueup"
    found = shutil.which("trueup", path=path)
    if (found and Path(found) == installed) or not installed.is_relative_to(here):
        return "trueup"
    return str(installed.relative_to(here))


def mend(
    fix: Fix,
    system: str,
    environment: str,
    invariant: str | None = None,
    *,
    approved: bool = False,
) -> str:
    """
    Plan a fix and apply that plan, or print the steps of one that a person does.

    `invariant` narrows it where the fix serves several. Where somebody else must have `approved` it
    first, it is only planned.
    """
    narrowed = f" --invariant {invariant}" if invariant else ""
    planned = f"{program()} plan {system}.{fix.name} --env {environment}{narrowed}"
    if fix.steps:
        return planned
    return _applied(planned, PLANS / f"{system}.{fix.name}.json", approved)


def install(system: str, environment: str, fixer: str) -> str:
    """Install the journal, to which that role then adds."""
    at = f"--system {system} --env {environment}"
    return f"{program()} journal install {at} --fixer {shlex.quote(fixer)}"


def journal(system: str, environment: str) -> str:
    """Show what was applied."""
    return f"{program()} journal show --system {system} --env {environment}"


def undo(system: str, environment: str, entry: int, *, approved: bool = False) -> str:
    """Plan the undo of a journal entry and apply that plan; as `mend` where it is `approved`."""
    planned = f"{program()} undo {entry} --system {system} --env {environment}"
    return _applied(planned, PLANS / f"{system}.undo-{entry}.json", approved)


def _applied(planned: str, plan: Path, approved: bool) -> str:
    """That plan, in its file, and applied, unless somebody else comes between: it says how."""
    made = f"{planned} --out {plan}"
    return made if approved else f"{made} && {program()} apply {plan}"
