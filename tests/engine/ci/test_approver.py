"""Who approves in a job: a reviewer of the environment, or whoever else ran the job again."""

import pytest

from trueup.ci import approver
from trueup.errors import CiError


def approved(name: str, state: str = "approved") -> dict[str, object]:
    return {"state": state, "comment": "", "user": {"login": name}, "environments": []}


def test_a_reviewer_of_the_environment_approves(repository) -> None:
    repository.approvals = [approved("ada"), approved("eve", "rejected"), approved("bob")]
    assert approver.of_job("ada") == "bob"


def test_whoever_else_ran_it_again_approves(repository, monkeypatch) -> None:
    monkeypatch.setenv("GITHUB_TRIGGERING_ACTOR", "carol")
    assert approver.of_job("ada") == "carol"


@pytest.mark.parametrize("said", [[], [approved("ada")], [approved("eve", "rejected")]])
def test_nobody_else_is_said_with_what_to_do(repository, said) -> None:
    repository.approvals = said
    with pytest.raises(CiError, match=r"nobody but ada.*actions/runs/77 and choose .Re-run failed"):
        approver.of_job("ada")
