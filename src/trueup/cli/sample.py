"""The verbs of the sample, and the demo that plays with it."""

from typing import Annotated

import typer

from trueup.cli.given import project

app = typer.Typer(
    help="The sample: an embedded primary and standby to play with.", no_args_is_help=True
)


def demo() -> None:
    """Start the sample, plant every fault, check it, and print a command that mends one of them."""
    from trueup import demo as shown

    exit_code, lines = shown.show(project())
    typer.echo("\n".join(lines))
    raise typer.Exit(exit_code)


@app.command("up")
def up() -> None:
    """Start the servers and let them run until `trueup sample down`."""
    from trueup import play

    typer.echo(play.up(project()))


@app.command("down")
def down() -> None:
    """Stop the servers; the data stays."""
    from trueup import play

    typer.echo(play.down(project()))


@app.command("reset")
def reset() -> None:
    """Remove the sample's data; it is made anew when it is next needed."""
    from trueup import play

    typer.echo(play.reset(project()))


@app.command("plant")
def plant(
    system: Annotated[str, typer.Argument()],
    fault: Annotated[str, typer.Argument(help="A fault's name; without it they are listed.")] = "",
) -> None:
    """Break a system of the sample in one way."""
    from trueup import play

    typer.echo(play.plant(project(), system, fault))


@app.command("mend")
def mend(system: Annotated[str, typer.Argument()]) -> None:
    """Put a system of the sample back as it was loaded."""
    from trueup import play

    typer.echo(play.mend(project(), system))
