"""The verbs of scheduled runs: each step of a workflow is one of them."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trueup.cli.given import project

if TYPE_CHECKING:
    from trueup.ci.branch import Branch

app = typer.Typer(help="What scheduled runs need around them.", no_args_is_help=True)

RunFolder = Annotated[
    Path,
    typer.Argument(metavar="RUN", help="A run, or a folder of runs: its newest."),
]
Name = Annotated[str, typer.Option(help="The branch that holds earlier runs.")]
History = Annotated[Path, typer.Option("--into", help="The folder that has the branch.")]

RUNS = "trueup-runs"
HISTORY = Path(".trueup") / "history"


@app.command("issues")
def issues(run: RunFolder) -> None:
    """
    Open, update and close the repository's issues, one an invariant; they hold no row data.

    Wants GITHUB_TOKEN with issues: write.
    """
    from trueup.ci import actions, github, posting
    from trueup.history import folder

    here = actions.here()
    with github.opened(here) as asked:
        done = posting.post(folder.read(folder.newest(run)), asked, here.page)
    typer.echo(posting.told(done))


@app.command("ping")
def ping(
    run: RunFolder,
    variable: Annotated[
        str, typer.Option("--switch", help="The variable that holds the switch's address.")
    ] = "TRUEUP_SWITCH_URL",
) -> None:
    """Tell the dead-man's switch that a run came to its end; quiet where there is no switch."""
    from trueup.ci import switch
    from trueup.history import folder

    url = os.environ.get(variable, "")
    if not url:
        typer.echo(f"no switch: {variable} is not set, so nobody notices when runs stop coming")
        return
    typer.echo(switch.ping(url, folder.read(folder.newest(run))))


@app.command("slack")
def slack(
    run: RunFolder,
    page: Annotated[str, typer.Option(help="The address of the report.")] = "",
    variable: Annotated[
        str, typer.Option("--hook", help="The variable that holds the channel's address.")
    ] = "TRUEUP_SLACK_URL",
) -> None:
    """Tell a channel of Slack what is new and what was resolved; quiet where there is none."""
    from trueup.ci import channel
    from trueup.history import folder

    url = os.environ.get(variable, "")
    if not url:
        typer.echo(f"no channel: {variable} is not set")
        return
    typer.echo(channel.tell(url, folder.read(folder.newest(run)), page))


@app.command("restore")
def restore(branch: Name = RUNS, into: History = HISTORY) -> None:
    """Fetch earlier runs from their branch, so that a report can say what is new."""
    typer.echo(_kept(branch, into).restore())


@app.command("keep")
def keep(run: RunFolder, branch: Name = RUNS, into: History = HISTORY) -> None:
    """Add a run to the branch of earlier runs; wants contents: write, never pushes with force."""
    from trueup.history import folder

    kept = _kept(branch, into)
    if not (into / ".git").is_dir():
        kept.restore()
    typer.echo(kept.keep([folder.newest(run)]))


@app.command("plan")
def plan(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Save the plan here.")],
) -> None:
    """
    Plan what the form of a dispatched workflow asks for, and show the diff on the run's page.

    Reads TRUEUP_SYSTEM, TRUEUP_FIX or TRUEUP_UNDO, TRUEUP_ENVIRONMENT, TRUEUP_ROWS, TRUEUP_REASON;
    writes the outputs `digest` and `changes`. Refused in a public repository.
    """
    from trueup.ci import actions, dispatch, github

    here = actions.here()
    with github.opened(here) as asked:
        dispatch.require_private(asked)
    made = dispatch.plan(project(), dispatch.read())
    shown = dispatch.save(made, out, here)
    here.summarise(shown)
    typer.echo(shown)


@app.command("may-publish")
def may_publish() -> None:
    """Refuse to publish pages that would be more public than the repository."""
    from trueup.ci import actions, github, pages

    with github.opened(actions.here()) as asked:
        typer.echo(pages.require_public(asked, os.environ.get(pages.PUBLIC, "")))


@app.command("verdict")
def verdict(run: RunFolder) -> None:
    """Say the verdict of a run, and end with its exit code: the last step of a job."""
    from trueup.history import folder
    from trueup.report import words

    found = folder.read(folder.newest(run))
    typer.echo("\n".join(words.closing(found)))
    raise typer.Exit(found.exit_code)


def _kept(name: str, into: Path) -> "Branch":
    from trueup.ci import actions
    from trueup.ci.branch import Branch

    here = actions.here()
    return Branch(here.remote, name, into.absolute(), here.token)
