"""The verbs that only read: check, list, doctor, export, record."""

from pathlib import Path
from typing import Annotated

import typer

from trueup.cli.given import Env, Systems, project
from trueup.cli.quick import OPTIONS
from trueup.errors import ConfigError


def check(
    env: Env,
    systems: Systems = None,
    keyword: Annotated[
        str,
        typer.Option(
            OPTIONS["keyword"], metavar="EXPR", help="Only invariants that match, as in pytest."
        ),
    ] = "",
    workers: Annotated[
        int,
        typer.Option(
            OPTIONS["workers"], min=0, metavar="N", help="Processes; one serves up to hundreds."
        ),
    ] = 0,
    as_of: Annotated[
        str, typer.Option(OPTIONS["as_of"], metavar="INSTANT", help="Ask about this instant.")
    ] = "",
    reports: Annotated[
        Path, typer.Option(OPTIONS["reports"], help="Where the run's folder is written.")
    ] = Path("reports"),
    history: Annotated[
        Path | None,
        typer.Option(OPTIONS["history"], help="Where earlier runs are (default: as --reports)."),
    ] = None,
    only_new: Annotated[
        str,
        typer.Option(
            OPTIONS["only_new"],
            metavar="RUN",
            help="Fail only on violations that RUN did not have: an id, a folder, or `last`.",
        ),
    ] = "",
    html: Annotated[
        Path | None, typer.Option(OPTIONS["html"], help="Also write pytest-html's page here.")
    ] = None,
    junit: Annotated[
        Path | None, typer.Option(OPTIONS["junit"], help="Also write JUnit XML here.")
    ] = None,
    fail_fast: Annotated[
        bool, typer.Option(OPTIONS["fail_fast"], help="Stop at the first violation.")
    ] = False,
) -> None:
    """
    Evaluate the invariants, of all systems or those named, and write the report.

    Exit codes: 0 all hold, 1 something is violated, 6 nothing violated but something unknown,
    5 nothing to evaluate. What is found in a maintenance window counts for neither 1 nor 6.
    """
    from trueup.suite import check

    asked = check.Asked(
        environment=env,
        systems=tuple(systems or ()),
        keyword=keyword,
        workers=workers,
        as_of=as_of,
        reports=reports,
        history=history,
        only_new=only_new,
        html=html,
        junit=junit,
        fail_fast=fail_fast,
    )
    raise typer.Exit(check.run(project(), asked))


def list_(
    systems: Systems = None,
    form: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="table, json, markdown or github.")
    ] = "table",
    env: Annotated[
        str,
        typer.Option("--env", metavar="NAME", help="For github: the environment that is watched."),
    ] = "",
) -> None:
    """
    List the catalog: what must be true, how much it hurts, and the fix.

    With --format github it is the matrix of a workflow, a job a system.
    """
    from trueup import catalog, listing

    if form == "github":
        from trueup.ci import matrix

        typer.echo(matrix.of(project(), env, tuple(filter(None, systems or ()))))
        return

    writers = {"table": listing.table, "json": listing.as_json, "markdown": listing.markdown}
    if form not in writers:
        raise typer.BadParameter(
            f"{form!r} is not one of {', '.join(writers)}", param_hint="format"
        )
    if env:
        raise ConfigError("--env is said with --format github; the catalog is that of all of them")
    here = project()
    for name in systems or ():
        here.system(name)
    found = catalog.load(here.root, tuple(systems or ()))
    typer.echo(writers[form](found).rstrip("\n"))


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

    found_in = project()
    names = tuple(systems or found_in.config.systems)
    well = True
    with environments(found_in, env, names) as found:
        for environment in found.values():
            typer.echo(f"{environment.title}, {environment.name}")
            for told in doctor.examine(environment):
                well = well and told.well
                typer.echo(f"  {'ok ' if told.well else 'NO '} {told.words}")
                if told.remedy:
                    typer.echo(f"      {told.remedy}")
    raise typer.Exit(0 if well else 2)


def export(
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="System in trueup.toml.")],
    whose: Annotated[str, typer.Argument(metavar="user_id=ID", help="Whose data.")],
    env: Env,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Written for you alone.")],
    force: Annotated[bool, typer.Option("--force", help="Write over a file.")] = False,
) -> None:
    """
    Write all that is one person's into a file, as JSON; the replica is only read.

    Exit codes: 0 written, 2 refused: nobody there, undeclared, stale, or the file is there already.
    """
    from trueup import export

    name, _, who = whose.partition("=")
    if name != "user_id" or not who:
        raise ConfigError(f"{whose!r} does not say whose data; write user_id=…")
    asked = export.Asked(system=system, environment=env, who=who, out=out, force=force)
    typer.echo(export.words(asked, export.export(project(), asked)))


def record(env: Env, system: Annotated[str, typer.Argument()]) -> None:
    """Record the schema that the_schema_is_the_one_we_recorded compares with."""
    from trueup.suite import recording

    path = recording.record(project(), env, system)
    typer.echo(f"wrote {path}; read the difference, then commit it")
