"""The command line: one function a verb, and the one place that catches what users can cause."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trueup.errors import ConfigError, TrueupError

if TYPE_CHECKING:
    from trueup.config import Project
    from trueup.model.plan import Plan

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
journal = typer.Typer(help="What was applied, in the primary itself.", no_args_is_help=True)
app.add_typer(journal, name="journal")

# What a verb needs is imported by that verb, so that --help and the short verbs start at once.

Env = Annotated[str, typer.Option("--env", metavar="NAME", help="Environment in trueup.toml.")]
System = Annotated[str, typer.Option("--system", metavar="SYSTEM", help="System in trueup.toml.")]
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
def doctor(
    env: Annotated[str, typer.Option("--env", metavar="NAME", help="Environment to look at.")] = "",
    systems: Systems = None,
    reader: Annotated[
        str,
        typer.Option(
            "--reader-sql",
            metavar="PROVIDER",
            help="Print the SQL that makes a reader instead: supabase, neon or plain.",
        ),
    ] = "",
) -> None:
    """Look at an environment: server, role, freshness, settings, journal; say what to mend."""
    from trueup import doctor
    from trueup.environment import environments
    from trueup.replica.reader_role import reader_sql

    if reader:
        typer.echo(reader_sql(reader), nl=False)
        return
    if not env:
        raise ConfigError("say which environment to look at, as in --env staging")

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
def plan(
    fix: Annotated[str, typer.Argument(metavar="SYSTEM.FIX")],
    env: Env,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Save the plan here, to apply it.")
    ] = None,
    invariant: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only violations of this invariant; repeatable."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="Only the violation with this key; repeatable."),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; the journal keeps it.")] = "",
    as_of: Annotated[
        str, typer.Option("--as-of", metavar="INSTANT", help="Ask about this instant.")
    ] = "",
) -> None:
    """
    Show what a fix would change now, row by row; nothing is changed.

    Exit codes: 0 planned (also when there is nothing to do), 2 refused.
    """
    from trueup import mending
    from trueup.config import instant
    from trueup.primary import diff

    asked = mending.Asked(
        name=fix,
        environment=env,
        invariants=tuple(invariant or ()),
        only=frozenset(only or ()),
        reason=reason,
        as_of=instant(as_of) if as_of else None,
    )
    made = mending.plan(_project(), asked)
    typer.echo(diff.of_plan(made))
    _save(made, out)


@app.command()
def apply(
    file: Annotated[Path, typer.Argument(metavar="PLAN", help="A file that `trueup plan` wrote.")],
    no_undo: Annotated[
        bool, typer.Option("--no-undo", help="Agree to a fix that cannot be undone.")
    ] = False,
    no_witness: Annotated[
        bool, typer.Option("--no-witness", help="Do not ask the replica afterwards; it is down.")
    ] = False,
) -> None:
    """
    Apply a plan: that file and nothing else, proven before it commits, journaled with it.

    Exit codes: 0 done (also when nothing was left to do), 2 refused, 3 partly done,
    4 proof failed and rolled back.
    """
    from trueup import mending
    from trueup.primary import diff

    made = mending.read(file)
    mending.require_consent(made, no_undo)
    done = mending.apply(_project(), made, _progress, witness=not no_witness)
    typer.echo(diff.of_applied(done))
    raise typer.Exit(done.exit_code)


@app.command()
def undo(
    entry: Annotated[int, typer.Argument(help="The journal entry to take back.")],
    env: Env,
    system: System,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Save the plan here, to apply it.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; the journal keeps it.")] = "",
) -> None:
    """Plan to put back what a journal entry moved; `trueup apply` carries it out."""
    from trueup import mending
    from trueup.primary import diff

    made = mending.plan_undo(_project(), env, system, entry, reason)
    typer.echo(diff.of_plan(made))
    _save(made, out)


@journal.command("install")
def journal_install(
    env: Env,
    system: System,
    fixer: Annotated[str, typer.Option(help="The role that fixes, and adds to the journal.")],
) -> None:
    """Install the journal in the primary, once, as the owner of its schema."""
    from trueup import mending

    mending.install_journal(_project(), env, system, fixer)
    typer.echo(f"the journal is there, and {fixer} may add to it")


@journal.command("show")
def journal_show(
    env: Env,
    system: System,
    entry: Annotated[int | None, typer.Argument(help="One entry, with its rows.")] = None,
) -> None:
    """Show what was applied: by whom, why, how many rows, and what proved it."""
    from trueup import mending
    from trueup.primary import shown

    if entry is None:
        typer.echo(shown.entries(mending.entries(_project(), env, system)))
    else:
        typer.echo(shown.entry(*mending.entry(_project(), env, system, entry)))


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


def _save(made: "Plan", out: Path | None) -> None:
    """Write the plan where it is wanted, and say what is next."""
    from trueup import mending
    from trueup.command import program

    if out is not None:
        mending.write(made, out)
        typer.echo(f"\nsaved to {out}; apply it with `{program()} apply {out}`")
    elif made.changes:
        typer.echo("\nnothing was saved; --out FILE saves it, to be applied")


def _progress(done: int, of: int) -> None:
    """Say how far it is; only plans of several batches have somebody waiting."""
    if done < of:
        typer.echo(f"trueup: {done:,} of {of:,} rows …", err=True)


def _project() -> "Project":
    from trueup.config import find_project

    return find_project(Path.cwd())
