"""All verbs, as typer reads and explains them."""

from typing import Annotated

import typer

from trueup.cli import checking, ci, journal, mending, report, sample, waiving
from trueup.cli.verb import Verb, Verbs

app = typer.Typer(
    cls=Verbs,
    name="trueup",
    help="Ask production, read-only, whether what must be true still is; mend what is not.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"trueup {version('trueup')}")
        raise typer.Exit


@app.callback()
def trueup(
    _: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Say which version this is."
        ),
    ] = False,
) -> None:
    """Read what stands before a verb."""


app.command(cls=Verb)(checking.check)
app.command("list", cls=Verb)(checking.list_)
app.command()(checking.doctor)
app.command()(waiving.waive)
app.command()(checking.export)
app.command()(mending.plan)
app.command()(mending.approve)
app.command()(mending.apply)
app.command()(mending.resume)
app.command()(mending.undo)
app.add_typer(journal.app, name="journal")
app.add_typer(report.app, name="report")
app.command()(checking.record)
app.command()(sample.demo)
app.add_typer(sample.app, name="sample")
app.add_typer(ci.app, name="ci")
