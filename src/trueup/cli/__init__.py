"""The command line: the one place that catches what users can cause."""

import gc
import sys

import typer

from trueup.cli import checking, ci, journal, mending, report, sample, waiving
from trueup.cli.verb import Verb, Verbs
from trueup.errors import TrueupError

GARBAGE = 100_000
"""Objects made before a collection: what is imported at the start is kept, and is no garbage."""

app = typer.Typer(
    cls=Verbs,
    name="trueup",
    help="Ask production, read-only, whether what must be true still is; mend what is not.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
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


def main() -> None:
    """Run the command line; what the user can mend ends in one line and an exit code."""
    gc.set_threshold(GARBAGE)
    try:
        app()
    except TrueupError as error:
        typer.echo(f"trueup: {error}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        typer.echo("trueup: stopped", err=True)
        sys.exit(130)
