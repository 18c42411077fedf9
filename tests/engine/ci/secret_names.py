"""The secrets that workflows pass on: the variables that trueup.toml names, no more, no less."""

import re
from collections.abc import Iterator
from pathlib import Path

from systems.scenes import ROOT
from trueup.config import EnvironmentConfig, find_project

FOLDER = ROOT / ".github" / "workflows"

BLOCK = re.compile(
    r"(?P<head>(?P<room> +)# what (?P<who>reads|mends), as trueup.toml names it \(make docs\)\n)"
    r"(?P<lines>.*?)(?P<end>(?P=room)# so far\n)",
    re.DOTALL,
)


def names(who: str) -> list[str]:
    """The variables of all systems that a job needs which reads, or which mends."""
    config = find_project(ROOT).config
    environments = [one for of in config.systems.values() for one in of.environments.values()]
    found = {name for one in environments for name in _of(one, who)}
    return sorted(found)


def written(text: str) -> str:
    """A workflow with the lines between its marks as they should be."""

    def block(found: re.Match[str]) -> str:
        room = found["room"]
        lines = (f"{room}{name}: ${{{{ secrets.{name} }}}}\n" for name in names(found["who"]))
        return found["head"] + "".join(lines) + found["end"]

    return BLOCK.sub(block, text)


def files() -> list[Path]:
    """The workflows that pass secrets on."""
    return [path for path in sorted(FOLDER.glob("*.yml")) if BLOCK.search(path.read_text())]


def _of(environment: EnvironmentConfig, who: str) -> Iterator[str]:
    named = [environment.replica, environment.visitor]
    named += [environment.stripe.key] if environment.stripe else []
    named += [one.key for one in environment.keyed.values()]
    for store in environment.storage.values():
        named += [store.key, store.user]
    if who == "mends":
        named += [environment.primary, environment.owner]
        for service in environment.services.values():
            named += [service.url, service.key, service.user]
    return (name for name in named if name)


if __name__ == "__main__":
    for path in files():
        path.write_text(written(path.read_text()))
