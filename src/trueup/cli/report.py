"""The verbs of reports: what is drawn from runs, without running anything."""

from pathlib import Path
from typing import Annotated

import typer

# What a verb needs is imported by that verb, as everywhere in this room.

app = typer.Typer(help="Reports, drawn from the runs that there are.", no_args_is_help=True)


@app.command("schema")
def schema() -> None:
    """Print the JSON Schema of run.json."""
    import json

    from trueup.model import run_json

    typer.echo(json.dumps(run_json.schema(), indent=1, ensure_ascii=False))


@app.command("site")
def site(
    runs: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of the runs.")],
    out: Annotated[Path, typer.Option(help="Where the site is written; only what changed is.")],
    source: Annotated[
        str, typer.Option(help="Put before a path, as in https://github.com/o/r/blob/main/.")
    ] = "",
    most: Annotated[
        int, typer.Option("--runs", min=1, help="Newest runs of each environment.")
    ] = 30,
) -> None:
    """Draw a folder of runs as a site: an index, a page a run, a page an invariant, trends."""
    from trueup.report import site as drawn
    from trueup.report.phrase import plural

    made = drawn.build(runs, out, source=source or None, most=most)
    for why in made.unread:
        typer.echo(f"trueup: left out: {why}", err=True)
    typer.echo(
        f"{plural(len(made.written), 'page')} written, {len(made.kept)} left as before, "
        f"{len(made.removed)} taken away: {out / drawn.PAGE}"
    )


@app.command("merge")
def merge(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="Runs, or folders that have some.")
    ],
    reports: Annotated[Path, typer.Option(help="Where the merged run is written.")] = Path(
        "reports"
    ),
    history: Annotated[
        Path | None, typer.Option(help="Where earlier runs are (default: as --reports).")
    ] = None,
    expect: Annotated[
        list[str] | None,
        typer.Option(metavar="SYSTEM", help="A system that must be there; unknown where not."),
    ] = None,
    matrix: Annotated[
        str,
        typer.Option(metavar="JSON", help="The same, as `trueup list --format github` said them."),
    ] = "",
    every: Annotated[
        str, typer.Option(metavar="TIME", help="How often runs come, as in 2h: the page says when.")
    ] = "",
) -> None:
    """Make one run of several, such as those that the jobs of a matrix made."""
    from trueup.ci.matrix import systems
    from trueup.cli.given import project
    from trueup.clock import span
    from trueup.report import merging

    wanted = (*(expect or ()), *(systems(matrix) if matrix else ()))
    owed = merging.Owed(project(), wanted) if wanted else None
    often = span(every) if every else None
    page = merging.merge(runs, reports, history or reports, owed, often)
    typer.echo(f"page: {page}")


@app.command("show")
def show(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="A run, or a folder of runs: its newest.")
    ],
    form: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="FORM",
            help="text, markdown, annotations, junit, openmetrics or slack.",
        ),
    ] = "text",
    page: Annotated[str, typer.Option(help="The address of the page, where it is linked.")] = "",
) -> None:
    """Print a run in another form: a job's summary, annotations, JUnit, metrics, a message."""
    from trueup.history import folder
    from trueup.report import show as shown

    typer.echo(shown.shown(folder.read(folder.newest(run)), form, page), nl=False)
