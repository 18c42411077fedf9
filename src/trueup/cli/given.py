"""What several verbs are given on the command line, and the project that they stand in."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trueup.cli.quick import OPTIONS

if TYPE_CHECKING:
    from trueup.config import Project

# What a verb needs is imported by that verb, so that --help and the short verbs start at once.

Env = Annotated[
    str, typer.Option(OPTIONS["environment"], metavar="NAME", help="Environment in trueup.toml.")
]
System = Annotated[str, typer.Option("--system", metavar="SYSTEM", help="System in trueup.toml.")]
Systems = Annotated[list[str] | None, typer.Argument(metavar="[SYSTEM]...", show_default=False)]


def project() -> "Project":
    """The project of the folder that one stands in; raises ConfigError where there is none."""
    from trueup.config import find_project

    return find_project(Path.cwd())
