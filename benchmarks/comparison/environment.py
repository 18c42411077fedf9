"""Environments of peers that share no requirement with ours: a folder each, made when asked for."""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[2] / ".cache" / "peers"
REQUIREMENTS = Path(__file__).with_name("requirements")


def names() -> list[str]:
    """Whom there are pinned requirements for."""
    return sorted(file.stem for file in REQUIREMENTS.glob("*.txt"))


def program(name: str, command: str) -> str:
    """Where a program of one lies."""
    return str(FOLDER / name / "bin" / command)


def is_installed(name: str) -> bool:
    """Whether it has what is pinned now."""
    mark = _mark(name)
    return mark.exists() and mark.read_text() == _pinned(name).read_text()


def install(name: str) -> None:
    """Make it anew with the Python that runs this."""
    print(f"installing {name}; this takes a minute")
    _run(name, sys.executable, "-m", "venv", "--clear", str(FOLDER / name))
    pip = (program(name, "python"), "-m", "pip", "--disable-pip-version-check", "-qq")
    _run(name, *pip, "install", "-r", str(_pinned(name)))
    _mark(name).write_text(_pinned(name).read_text())


def _run(name: str, *command: str) -> None:
    if subprocess.run(command, check=False).returncode:
        sys.exit(f"{name} was not installed: {command[2]} failed")


def _pinned(name: str) -> Path:
    return REQUIREMENTS / f"{name}.txt"


def _mark(name: str) -> Path:
    """Written last, so that half an installation is none."""
    return FOLDER / name / "installed.txt"
