"""Two people: who made a plan does not approve it, and production does not take it without."""

import subprocess
import sys
from pathlib import Path

import pytest

from engine.primary.desk import Desk
from trueup import mending
from trueup.config import Project, read
from trueup.errors import ApplyError, PlanError
from trueup.mending import files
from trueup.model.plan import Plan

CONFIG = """
[systems.shop]
title = "Shop"

[systems.shop.environments.production]
replica = "SHOP_REPLICA_URL"
primary = "SHOP_PRIMARY_URL"

[systems.shop.environments.staging]
replica = "SHOP_REPLICA_URL"
primary = "SHOP_PRIMARY_URL"

[systems.shop.environments.strict]
replica = "SHOP_REPLICA_URL"
primary = "SHOP_PRIMARY_URL"
approval = true
"""
INVARIANT = """
from trueup import invariant

@invariant(severity="P1", over="jobs", fix="fail")
def test_no_job_runs(replica):
    '''Somebody waits.'''
    return replica.rows("select id from jobs where status = 'running'")
"""
FIX = """
'''Fail them.'''

from trueup import Update

AT_MOST = 10

def plan(violations):
    for job in violations:
        yield Update("jobs", key={"id": job["id"]}, set={"status": "failed"})
"""


@pytest.fixture
def project(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project over the shop."""
    for name, text in (
        ("trueup.toml", CONFIG),
        ("invariants/shop/test_jobs.py", INVARIANT),
        ("fixes/shop/fail.py", FIX),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    desk.execute("grant select on all tables in schema public to trueup_reader")
    monkeypatch.setenv("SHOP_REPLICA_URL", desk.database.url())
    monkeypatch.setenv("SHOP_PRIMARY_URL", desk.database.url("trueup_fixer", "primary"))
    monkeypatch.setenv("TRUEUP_OPERATOR", "ada")
    return Project(tmp_path, read(tmp_path / "trueup.toml"))


def planned(project: Project, environment: str) -> tuple[Plan, Path]:
    """A plan of the fix, and its file."""
    made = mending.plan(project, mending.Asked(name="shop.fail", environment=environment))
    path = project.root / "plan"
    files.write(made, path)
    return made, path


@pytest.mark.parametrize("environment", ["production", "strict"])
def test_a_plan_wants_somebody_elses_word(project: Project, environment: str, desk: Desk) -> None:
    made, path = planned(project, environment)
    with pytest.raises(ApplyError, match="wants somebody else than ada to approve the plan"):
        mending.apply(project, files.read(path))
    with pytest.raises(ApplyError, match="ada made this plan; somebody else has to approve it"):
        files.approve(made, path, "ada")
    assert desk.rows("select from trueup.journal") == []

    files.approve(made, path, "bob", "looked at all three")
    [approval] = files.read(path).approvals
    assert (approval.by, approval.note) == ("bob", "looked at all three")
    applied = mending.apply(project, files.read(path))
    [back] = applied.undo
    assert applied.exit_code == 0
    assert "&&" not in back
    assert back.endswith(f"--out .trueup/plans/shop.undo-{applied.entries[0]}.json")
    assert desk.rows('select "by", applied_by, approved_by from trueup.journal') == [
        ("ada", "ada", "bob")
    ]


APPLIED = "apply it with `trueup apply 'my plan'`"
APPROVED = f"have somebody else approve it with `trueup approve 'my plan'`, then {APPLIED}"


@pytest.mark.parametrize(("environment", "says"), [("production", APPROVED), ("staging", APPLIED)])
def test_whoever_plans_is_told_who_is_next(project: Project, environment: str, says: str) -> None:
    words = ["plan", "shop.fail", "--env", environment, "--out", "my plan"]

    done = subprocess.run(
        [Path(sys.executable).with_name("trueup"), *words],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines()[-1] == f"saved to my plan; {says}"


def test_elsewhere_nobody_is_asked(project: Project) -> None:
    _, path = planned(project, "staging")

    applied = mending.apply(project, files.read(path))
    [back] = applied.undo
    assert applied.exit_code == 0
    assert back.endswith(f"trueup apply .trueup/plans/shop.undo-{applied.entries[0]}.json")
    assert "&&" in back


def test_an_approval_of_another_plan_is_none(project: Project) -> None:
    first, path = planned(project, "production")
    files.approve(first, path, "bob")
    approval = path.read_bytes().splitlines(keepends=True)[-1]

    _, path = planned(project, "production")
    with path.open("ab") as file:
        file.write(approval)

    with pytest.raises(ApplyError, match="wants somebody else than ada"):
        mending.apply(project, files.read(path))


def test_a_plan_that_does_nothing_is_not_approved(project: Project, desk: Desk) -> None:
    desk.execute("update jobs set status = 'done'")
    made, path = planned(project, "production")

    with pytest.raises(ApplyError, match="changes nothing, so there is nothing to approve"):
        files.approve(made, path, "bob")


def test_a_file_that_was_edited_cannot_be_approved(project: Project) -> None:
    _, path = planned(project, "production")
    path.write_bytes(path.read_bytes().replace(b'"failed"', b'"done"'))

    with pytest.raises(PlanError, match="changed after it was made"):
        files.read(path)


@pytest.mark.parametrize("digest", ["", "abc"])
def test_another_plan_than_the_one_expected_is_refused(project: Project, digest: str) -> None:
    plan, _ = planned(project, "strict")

    files.require_expected(plan, None)
    files.require_expected(plan, plan.digest)
    with pytest.raises(ApplyError, match="nothing was changed"):
        files.require_expected(plan, digest)
