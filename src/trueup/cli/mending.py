"""The verbs that mend: plan, approve, apply, resume, undo."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trueup.cli.given import Env, System, project
from trueup.cli.stopping import stopping
from trueup.errors import ConfigError

if TYPE_CHECKING:
    from trueup.model.plan import Plan

File = Annotated[Path, typer.Argument(metavar="PLAN", help="A file that `trueup plan` wrote.")]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Save the plan here, to apply it.")
]
Reason = Annotated[str, typer.Option(help="Why; the journal keeps it.")]
NoWitness = Annotated[
    bool, typer.Option("--no-witness", help="Do not ask the replica afterwards; it is down.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the plan as JSON.")]
Markdown = Annotated[
    bool, typer.Option("--markdown", help="Print Markdown for a CI summary; text is masked.")
]

UNCHANGED = "nothing was changed"
"""The state after a verb that only reads; its plan is not saved before it is whole."""


def plan(
    fix: Annotated[str, typer.Argument(metavar="SYSTEM.FIX")],
    env: Env,
    row: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[COLUMN=VALUE]...", show_default=False, help="A row, for a procedure."
        ),
    ] = None,
    rows: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="Rows, for a procedure; columns in the first line."),
    ] = None,
    out: Out = None,
    invariant: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only violations of this invariant; repeatable."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="Only the violation with this key; repeatable."),
    ] = None,
    reason: Reason = "",
    share: Annotated[
        float | None,
        typer.Option(
            min=0, max=100, metavar="PERCENT", help="Agree to change so much of a table; else 5."
        ),
    ] = None,
    as_of: Annotated[
        str, typer.Option("--as-of", metavar="INSTANT", help="Ask about this instant.")
    ] = "",
    json: Json = False,
    markdown: Markdown = False,
) -> None:
    """
    Show what a fix would change now, row by row; nothing is changed.

    A procedure is told what it is about: `trueup plan studybuddy.enable_user user_id=…`.
    Exit codes: 0 planned (also when there is nothing to do), 2 refused.
    """
    from trueup import mending
    from trueup.config import instant
    from trueup.primary import typed

    if rows and row:
        raise ConfigError("rows are given twice: as words, and in a file")
    asked = mending.Asked(
        name=fix,
        environment=env,
        invariants=tuple(invariant or ()),
        only=frozenset(only or ()),
        reason=reason,
        as_of=instant(as_of) if as_of else None,
        share=share,
        rows=tuple(typed.from_file(rows) if rows else typed.from_words(row or ())),
    )
    with stopping(UNCHANGED):
        made = mending.plan(project(), asked)
    _show(made, out, json=json, markdown=markdown)


def approve(
    file: File,
    note: Annotated[str, typer.Option(help="What you looked at; it stays with the plan.")] = "",
    github: Annotated[
        bool,
        typer.Option("--github", help="In a job: whoever let it go on, or ran it again, approves."),
    ] = False,
) -> None:
    """
    Approve a plan that somebody else made; production wants that before it is applied.

    Shows the plan first. Exit codes: 0 approved, 2 refused.
    """
    from trueup import signature
    from trueup.ci import approver
    from trueup.mending import files
    from trueup.primary import diff
    from trueup.primary.words import SHORT

    made = files.read(file)
    typer.echo(diff.of_plan(made))
    by = approver.of_job(made.by) if github else signature.operator()
    approval = files.approve(made, file, by, note)
    typer.echo(f"\napproved by {approval.by}: plan {approval.digest[:SHORT]}, in {file}")


def apply(
    file: File,
    canary: Annotated[
        int | None,
        typer.Option(min=1, metavar="ROWS", help="Change so many rows, prove them, then ask you."),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, metavar="ROWS", help="Change so many rows at most, and stop."),
    ] = None,
    no_undo: Annotated[
        bool, typer.Option("--no-undo/--undo", help="Agree to a fix that cannot be undone.")
    ] = False,
    expect: Annotated[
        str | None, typer.Option("--expect", metavar="DIGEST", help="Refuse any plan but this one.")
    ] = None,
    no_witness: NoWitness = False,
) -> None:
    """
    Apply a plan: that file and nothing else, proven before it commits, journaled with it.

    Ctrl-C and SIGTERM stop after the batch in hand. The same file again does what was left. After
    a canary nobody is asked where there is no terminal: it stops.
    Exit codes: 0 done (also when nothing was left to do), 2 refused, 3 partly done,
    4 proof failed and rolled back.
    """
    from trueup import mending
    from trueup.mending import files
    from trueup.primary import told
    from trueup.primary.applied import PARTLY

    made = files.read(file)
    files.require_expected(made, expect)
    files.require_consent(made, no_undo)

    def carry_out(most: int | None) -> int:
        with stopping(_journaled(made.system, made.environment)):
            done = mending.apply(project(), made, most=most, told=_progress, witness=not no_witness)
        typer.echo(told.of_applied(done))
        return done.exit_code

    exit_code = carry_out(limit if canary is None else min(canary, limit or canary))
    asked = canary is not None and exit_code == PARTLY and sys.stdin.isatty()
    if asked and _goes_on():
        exit_code = carry_out(limit)
    raise typer.Exit(exit_code)


def undo(
    entry: Annotated[int, typer.Argument(help="The journal entry to take back.")],
    env: Env,
    system: System,
    out: Out = None,
    reason: Reason = "",
    json: Json = False,
    markdown: Markdown = False,
) -> None:
    """Plan to put back what a journal entry moved; `trueup apply` carries it out."""
    from trueup import mending

    with stopping(UNCHANGED):
        made = mending.plan_undo(project(), env, system, entry, reason)
    _show(made, out, json=json, markdown=markdown)


def resume(
    entry: Annotated[int, typer.Argument(help="The journal entry to finish.")],
    env: Env,
    system: System,
    repeat: Annotated[
        bool, typer.Option("--repeat", help="Make calls again of which nobody knows.")
    ] = False,
    made: Annotated[
        bool, typer.Option("--made", help="You have seen that those calls were made.")
    ] = False,
    no_witness: NoWitness = False,
) -> None:
    """
    Finish what was interrupted after its commit: calls that were not made, the proof afterwards.

    Exit codes: 0 all is done, 2 refused, 3 something is not.
    """
    from trueup import mending
    from trueup.primary import told

    if repeat and made:
        raise ConfigError("--repeat and --made say opposite things of the same calls")
    with stopping(_journaled(system, env)):
        done = mending.resume(
            project(), env, system, entry, repeat=repeat, made=made, witness=not no_witness
        )
    typer.echo(told.of_applied(done))
    raise typer.Exit(done.exit_code)


def _show(made: "Plan", out: Path | None, *, json: bool, markdown: bool) -> None:
    """Print the plan in the form that is wanted, write it where it is wanted, say what is next."""
    from trueup import planfile
    from trueup.mending import files
    from trueup.primary import diff
    from trueup.primary import markdown as marked

    if out is not None:
        files.write(made, out)
    if json:
        typer.echo(planfile.as_json(made))
        return
    typer.echo(marked.of_plan(made) if markdown else diff.of_plan(made))
    if out is not None:
        typer.echo(f"\nsaved to {out}; {_next(made, out)}")
    elif made.does_something:
        typer.echo("\nnothing was saved; --out FILE saves it, to be applied")


def _next(made: "Plan", out: Path) -> str:
    """What is to be done with a plan that was saved, by somebody else first where they must."""
    from trueup.command import program
    from trueup.environment import wants_approval

    file = shlex.quote(str(out))
    applied = f"apply it with `{program()} apply {file}`"
    approved = wants_approval(project().system(made.system), made.environment)
    if not (approved and made.does_something):
        return applied
    return f"have somebody else approve it with `{program()} approve {file}`, then {applied}"


def _journaled(system: str, environment: str) -> str:
    """Where to find out what was committed: each entry was, with its changes, or neither."""
    from trueup import command

    return f"what was committed is in the journal: `{command.journal(system, environment)}`"


def _goes_on() -> bool:
    """Ask whether to go on after a canary; Ctrl-C and the end of the input are a no."""
    try:
        return typer.confirm("\nthat was the canary; go on with the rest?")
    except typer.Abort:
        return False


def _progress(done: int, of: int) -> None:
    """Say how far it is; only plans of several batches have somebody waiting."""
    if done < of:
        typer.echo(f"trueup: {done:,} of {of:,} rows …", err=True)
