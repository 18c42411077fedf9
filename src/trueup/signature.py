"""Who makes a plan, and with which code: what the journal keeps of both."""

import getpass
import os
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

NAMES = ("TRUEUP_OPERATOR", "GITHUB_ACTOR")
"""Variables that say who acts, the first that is set; else it is the account of this machine."""


def operator(values: Mapping[str, str] = os.environ) -> str:
    """The name that the journal keeps; nobody proves it, as the login beside it is proven."""
    return next((values[name] for name in NAMES if values.get(name)), getpass.getuser())


def code(root: Path) -> str:
    """Trueup's version and the project's commit, with a plus where its files differ from it."""
    commit = _git(root, "rev-parse", "--short=12", "HEAD")
    changed = "+" if commit and _git(root, "status", "--porcelain", "-uno") else ""
    return f"trueup {version('trueup')}" + (f", {commit}{changed}" if commit else "")


def _git(root: Path, *words: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *words],  # noqa: S607  # whichever git the operator uses
            capture_output=True,
            text=True,
            check=False,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
