"""
Who approves a plan in a job: whoever let the environment go on, or ran the job again.

An environment's required reviewers exist only on some of GitHub's plans. Where there are none,
somebody other than the planner runs the job again: GitHub then says that they triggered it.
"""

from trueup.ci.actions import Actions, here
from trueup.ci.github import GitHub, opened
from trueup.errors import CiError


def of_job(planner: str) -> str:
    """The approver of a plan in the job that we are in; raises CiError for nobody."""
    actions = here()
    with opened(actions) as github:
        return approver(actions, github, planner)


def approver(actions: Actions, github: GitHub, planner: str) -> str:
    """The name of somebody other than the planner; raises CiError, with what to do, for nobody."""
    found = github.listed(f"/actions/runs/{actions.run}/approvals", 100)
    said = [str(one["user"]["login"]) for one in found if one["state"] == "approved"]
    others = [name for name in [*said, actions.again] if name != planner]
    if not others:
        raise CiError(
            f"nobody but {planner}, who made the plan, has agreed to it: the environment has no"
            " required reviewers, or its plan has none. Let somebody else open"
            f" {actions.page} and choose “Re-run failed jobs”; that applies this same plan"
        )
    return others[0]
