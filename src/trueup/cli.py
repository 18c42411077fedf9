"""The command line: one function a verb, and the one place that catches what users can cause."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trueup.errors import TrueupError

if TYPE_CHECKING:
    from trueup.config import Project

app = typer.Typer(
    name="trueup",
    help="Ask production, read-only, whether what must be true still is; mend what is not.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
sample = typer.Typer(
    help="The sample: an embedded primary and standby to play with.", no_args_is_help=True
)
app.add_typer(sample, name="sample")

# What a verb needs is imported by that verb, so that --help and the short verbs start at once.

Env = Annotated[str, typer.Option("--env", metavar="NAME", help="Environment in trueup.toml.")]
Systems = Annotated[list[str] | None, typer.Argument(metavar="[SYSTEM]...", show_default=False)]


@app.command()
def check(
    env: Env,
    systems: Systems = None,
    keyword: Annotated[
        str, typer.Option("-k", metavar="EXPR", help="Only invariants that match, as in pytest.")
    ] = "",
    workers: Annotated[
        int, typer.Option("-n", metavar="N", help="Processes; one serves up to hundreds.")
    ] = 0,
    as_of: Annotated[
        str, typer.Option("--as-of", metavar="INSTANT", help="Ask about this instant.")
    ] = "",
    reports: Annotated[Path, typer.Option(help="Where the run's folder is written.")] = Path(
        "reports"
    ),
    html: Annotated[
        Path | None, typer.Option("--html", help="Also write pytest-html's page here.")
    ] = None,
    junit: Annotated[
        Path | None, typer.Option("--junitxml", help="Also write JUnit XML here.")
    ] = None,
    fail_fast: Annotated[bool, typer.Option("-x", help="Stop at the first violation.")] = False,
) -> None:
    """
    Evaluate the invariants, of all systems or those named, and write the report.

    Exit codes: 0 all hold, 1 something is violated, 6 nothing violated but something unknown,
    5 nothing to evaluate.
    """
    from trueup.suite import check

    asked = check.Asked(
        environment=env,
        systems=tuple(systems or ()),
        keyword=keyword,
        workers=workers,
        as_of=as_of,
        reports=reports,
        html=html,
        junit=junit,
        fail_fast=fail_fast,
    )
    raise typer.Exit(check.run(_project(), asked))


@app.command("list")
def list_(
    systems: Systems = None,
    form: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="table, json or markdown.")
    ] = "table",
) -> None:
    """List the catalog: what must be true, how much it hurts, and the fix."""
    from trueup import catalog, listing

    writers = {"table": listing.table, "json": listing.as_json, "markdown": listing.markdown}
    if form not in writers:
        raise typer.BadParameter(
            f"{form!r} is not one of {', '.join(writers)}", param_hint="format"
        )
    found = catalog.load(_project().root, tuple(systems or ()))
    typer.echo(writers[form](found).rstrip("\n"))


@app.command()
def doctor(env: Env, systems: Systems = None) -> None:
    """Look at an environment: server, role, freshness, settings, journal; say what to mend."""
    from trueup import doctor
    from trueup.environment import environments

    project = _project()
    names = tuple(systems or project.config.systems)
    well = True
    with environments(project, env, names) as found:
        for environment in found.values():
            typer.echo(f"{environment.title}, {environment.name}")
            for told in doctor.examine(environment):
                well = well and told.well
                typer.echo(f"  {'ok ' if told.well else 'NO '} {told.words}")
                if told.remedy:
                    typer.echo(f"      {told.remedy}")
    raise typer.Exit(0 if well else 2)


@app.command()
def record(env: Env, system: Annotated[str, typer.Argument()]) -> None:
    """Record the schema that the_schema_is_the_one_we_recorded compares with."""
    from trueup.suite import recording

    path = recording.record(_project(), env, system)
    typer.echo(f"wrote {path}; read the difference, then commit it")


@app.command()
def demo() -> None:
    """Start the sample, plant every fault, check it, and print the command that mends the first."""
    from trueup import demo as shown

    exit_code, lines = shown.show(_project())
    typer.echo("\n".join(lines))
    raise typer.Exit(exit_code)


@sample.command("up")
def sample_up() -> None:
    """Start the servers and let them run until `trueup sample down`."""
    from trueup import play

    typer.echo(play.up(_project()))


@sample.command("down")
def sample_down() -> None:
    """Stop the servers; the data stays."""
    from trueup import play

    typer.echo(play.down(_project()))


@sample.command("reset")
def sample_reset() -> None:
    """Remove the sample's data; it is made anew when it is next needed."""
    from trueup import play

    typer.echo(play.reset(_project()))


@sample.command("plant")
def sample_plant(
    system: Annotated[str, typer.Argument()],
    fault: Annotated[str, typer.Argument(help="A fault's name; without it they are listed.")] = "",
) -> None:
    """Break a system of the sample in one way."""
    from trueup import play

    typer.echo(play.plant(_project(), system, fault))


@sample.command("mend")
def sample_mend(system: Annotated[str, typer.Argument()]) -> None:
    """Put a system of the sample back as it was loaded."""
    from trueup import play

    typer.echo(play.mend(_project(), system))


def main() -> None:
    """Run the command line; what the user can mend ends in one line and an exit code."""
    try:
        app()
    except TrueupError as error:
        typer.echo(f"trueup: {error}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        typer.echo("trueup: stopped", err=True)
        sys.exit(130)


def _project() -> "Project":
    from trueup.config import find_project

    return find_project(Path.cwd())
