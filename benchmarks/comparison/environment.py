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
    """Whether an installation came to its end."""
    return _mark(name).exists()


def install(name: str) -> None:
    """Make it anew with the Python that runs this."""
    print(f"installing {name}; this takes a minute")
    _mark(name).unlink(missing_ok=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", FOLDER / name], check=True)
    pip = [program(name, "python"), "-m", "pip", "--disable-pip-version-check", "-qq"]
    subprocess.run([*pip, "install", "-r", REQUIREMENTS / f"{name}.txt"], check=True)
    _mark(name).touch()


def _mark(name: str) -> Path:
    return FOLDER / name / ".installed"
