"""Carrying tickets to a repository: what is there is read, and only what differs is written."""

from collections.abc import Iterator, Sequence

from trueup.ci.github import GitHub
from trueup.ci.tickets import LABEL, Step, Ticket, read, steps
from trueup.errors import CiError
from trueup.model.run import Run

MOST = 1000
"""Issues of ours that are read, open ones; of closed ones the newest hundred."""


def post(run: Run, github: GitHub, page: str) -> list[Step]:
    """Bring the issues to what the run says; gives what was done."""
    done = steps(run, list(_there(github)), page)
    for step in done:
        _carry_out(github, step)
    return done


def told(done: Sequence[Step]) -> str:
    """What was done, in one line."""
    opened = sum(1 for step in done if step.ticket.number is None)
    closed = sum(1 for step in done if not step.ticket.is_open)
    return f"issues: {opened} opened, {len(done) - opened - closed} updated, {closed} closed"


def _there(github: GitHub) -> Iterator[Ticket]:
    for state, most in (("closed", 100), ("open", MOST)):  # an open one outweighs a closed one
        listed = github.listed("/issues", most, labels=LABEL, state=state, sort="updated")
        for one in listed:
            ticket = read(one["number"], one["body"] or "", is_open=state == "open")
            if ticket is not None and "pull_request" not in one:
                yield ticket


def _carry_out(github: GitHub, step: Step) -> None:
    ticket = step.ticket
    if ticket.number is None:
        body = {"title": ticket.title, "body": ticket.body, "labels": [LABEL]}
        made = github.post("/issues", body)
        if LABEL not in [label["name"] for label in made["labels"]]:
            raise CiError(
                f"issue {made['number']} was opened without the label {LABEL!r}, so the next run"
                " would open it again; make that label in the repository"
            )
        return
    path = f"/issues/{ticket.number}"
    if step.comment:
        github.post(f"{path}/comments", {"body": step.comment})
    change = {"body": ticket.body, "state": "open" if ticket.is_open else "closed"}
    github.patch(path, change | ({"title": ticket.title} if ticket.title else {}))
