"""The workflow that mends, rehearsed: planned, agreed to by somebody else, applied, taken back."""

from pathlib import Path
from typing import Any

import pytest

from engine.ci.rehearsal import Rehearsal, rehearse

DISABLED = "select user_id::text from profiles where is_disabled order by user_id limit 1"
STILL = "select count(*) from profiles where user_id = '{}' and is_disabled"
ENTRIES = 'select id, fix, "by", approved_by from trueup.journal order by id'

FORM = {
    "system": "studybuddy",
    "fix": "",
    "undo": "",
    "environment": "sample",
    "rows": "",
    "reason": "asked for by support",
    "no_undo": False,
}


@pytest.fixture
def dispatched(clone: Path, tmp_path: Path, github: dict[str, str], sample):
    """Fill in the form; gives the rehearsal, which has run."""

    def dispatch(**filled_in: Any) -> Rehearsal:
        found = rehearse("fix.yml", clone, tmp_path / "artifacts", github, inputs=FORM | filled_in)
        found.run()
        return found

    return dispatch


@pytest.fixture
def user(sample) -> str:
    """Somebody who is disabled."""
    [(found,)] = sample(DISABLED)
    return str(found)


def test_a_reviewed_plan_is_applied_and_taken_back(dispatched, sample, repository, user) -> None:
    repository.approvals = [{"state": "approved", "user": {"login": "bob"}}]

    done = dispatched(fix="enable_user", rows=f"user_id={user}").done

    assert {name: one.result for name, one in done.items()} == {
        "plan": "success",
        "apply": "success",
    }, done
    assert "profiles: 1 update" in done["plan"].summary
    assert sample(STILL.format(user)) == [(0,)]
    [(entry, *who)] = sample(ENTRIES)
    assert who == ["enable_user", "ada", "bob"]

    again = dispatched(undo=str(entry)).done

    assert again["apply"].result == "success", again["apply"].said
    assert sample(STILL.format(user)) == [(1,)]


def test_without_reviewers_somebody_else_runs_it_again(dispatched, sample, user) -> None:
    found = dispatched(fix="enable_user", rows=f"user_id={user}")
    assert found.done["apply"].result == "failure"
    assert "nobody but ada" in found.done["apply"].said
    assert "Re-run failed jobs" in found.done["apply"].said
    assert sample(STILL.format(user)) == [(1,)]

    assert found.again("apply", "ada").result == "failure"
    applied = found.again("apply", "carol")

    assert applied.result == "success", applied.said
    assert sample(STILL.format(user)) == [(0,)]
    assert [row[3] for row in sample(ENTRIES)] == ["carol"]


def test_another_plan_than_the_one_that_was_shown_is_refused(
    dispatched, sample, repository, user
) -> None:
    found = dispatched(fix="enable_user", rows=f"user_id={user}")
    shown = found.done["plan"].outputs["digest"]
    [(other,)] = sample(DISABLED.replace("where is", "where not is"))
    dispatched(fix="disable_user", rows=f"user_id={other}")  # its plan is the artifact now
    repository.approvals = [{"state": "approved", "user": {"login": "bob"}}]

    applied = found.again("apply", "bob")

    assert applied.result == "failure"
    assert f"not {shown}" in applied.said
    assert sample(ENTRIES) == []


@pytest.mark.parametrize(
    ("filled_in", "says"),
    [
        ({"fix": "enable_user", "rows": "user_id=$(touch pwned)"}, "user_id"),
        ({"fix": "enable_user'; touch pwned; '"}, "there is no fix"),
        ({}, "asks for a fix or for an undo"),
        ({"undo": "4711"}, "4711"),
        ({"fix": "enable_user", "rows": "user_id=7", "system": "shop"}, "has no system 'shop'"),
    ],
)
def test_a_form_that_cannot_be_planned_ends_there(dispatched, clone, filled_in, says) -> None:
    done = dispatched(**filled_in).done

    assert (done["plan"].result, done["apply"].result) == ("failure", "skipped")
    assert says in done["plan"].said
    assert "Traceback" not in done["plan"].said
    assert not list(clone.rglob("pwned"))


def test_a_public_repository_gets_no_plan(dispatched, repository, user) -> None:
    repository.private = False

    done = dispatched(fix="enable_user", rows=f"user_id={user}").done

    assert done["plan"].result == "failure"
    assert "this repository is public" in done["plan"].said


def test_nothing_to_do_asks_nobody(dispatched) -> None:
    done = dispatched(fix="fail_stuck_ai_jobs").done

    assert (done["plan"].result, done["apply"].result) == ("success", "skipped"), done["plan"].said
