"""Which systems a command line selects, by the paths that it names."""

from collections.abc import Sequence
from pathlib import Path

from trueup.catalog import INVARIANTS, modules
from trueup.config import Project
from trueup.errors import ConfigError


def paths(project: Project, names: tuple[str, ...]) -> list[str]:
    """The folders of the systems' invariants; raises what `watched` does."""
    return [str(project.root / INVARIANTS / name) for name in watched(project, names)]


def systems_of(project: Project, args: Sequence[str], invocation: Path) -> tuple[str, ...]:
    """
    The systems that the paths on the command line touch.

    Raises ConfigError where no path has invariants, and what `watched` does.
    """
    home = project.root / INVARIANTS
    folders = {path.name: path for path in home.glob("*/") if path.name[0] not in "._"}
    given = [(invocation / arg.split("::")[0]).resolve() for arg in args]
    found = tuple(
        sorted(
            name
            for name, path in folders.items()
            if any(path.is_relative_to(arg) or arg.is_relative_to(path) for arg in given)
        )
    )
    if not found:
        raise ConfigError(f"no invariants there; name a folder below {INVARIANTS}/")
    return watched(project, found)


def watched(project: Project, names: tuple[str, ...]) -> tuple[str, ...]:
    """
    These systems: one without invariants would look like one of which all hold.

    Raises ConfigError where trueup.toml does not know one of them, or it has no invariants.
    """
    for name in names:
        project.system(name)
        if not modules(project.root / INVARIANTS / name):
            raise ConfigError(
                f"{name} has no invariants; write one in {INVARIANTS}/{name}/, in a file test_….py"
            )
    return names
