"""The verbs of the journal."""

from typing import Annotated

import typer

from trueup.cli.given import Env, System, project

app = typer.Typer(help="What was applied, in the primary itself.", no_args_is_help=True)


@app.command("install")
def install(
    env: Env,
    system: System,
    fixer: Annotated[str, typer.Option(help="The role that fixes, and adds to the journal.")],
    reader: Annotated[
        str | None, typer.Option(help="The role that reads replicas; its report then says who.")
    ] = None,
) -> None:
    """Install the journal in the primary, once, as the owner of its schema."""
    from trueup import mending

    mending.install_journal(project(), env, system, fixer, reader)
    typer.echo(f"the journal is there, and {fixer} may add to it")
    if reader is not None:
        typer.echo(f"{reader} may see who mended what, and nothing of a row")


@app.command("forget")
def forget(
    env: Env,
    system: System,
    days: Annotated[
        int,
        typer.Option(
            "--older-than", min=1, max=36_500, metavar="DAYS", help="How old entries must be."
        ),
    ],
) -> None:
    """Forget the rows of old entries, as the owner; who, what, when and why stay."""
    from datetime import timedelta

    from trueup import mending
    from trueup.report.phrase import plural

    rows = mending.forget(project(), env, system, timedelta(days=days))
    typer.echo(
        f"forgotten: {plural(rows, 'row')};"
        f" entries older than {plural(days, 'day')} have no undo now"
    )


@app.command("show")
def show(
    env: Env,
    system: System,
    entry: Annotated[int | None, typer.Argument(help="One entry, with its rows.")] = None,
) -> None:
    """Show what was applied: by whom, why, how many rows, and what proved it."""
    from trueup import mending
    from trueup.primary import shown

    if entry is None:
        typer.echo(shown.entries(mending.entries(project(), env, system)))
    else:
        typer.echo(shown.entry(*mending.entry(project(), env, system, entry)))
