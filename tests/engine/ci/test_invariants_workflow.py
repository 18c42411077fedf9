"""The scheduled workflow, rehearsed: sound, violated, unknown, without a past or with a bad one."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.ci.rehearsal import Done, Rehearsal, rehearse

GIT = shutil.which("git") or "git"

FORM = {"system": "", "environment": "sample", "select": "ai_job"}
"""A few invariants, so that a rehearsal is short."""

STUCK = """
    set session_replication_role = replica;
    update ai_jobs set status = 'running' where id = (select id from ai_jobs order by id limit 1)
"""

Scheduled = Callable[..., Rehearsal]


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """The repository on the server."""
    bare = tmp_path / "server" / "acme" / "shop.git"
    bare.parent.mkdir(parents=True)
    subprocess.run([GIT, "init", "--quiet", "--bare", bare], check=True)
    return bare


@pytest.fixture
def scheduled(clone: Path, tmp_path: Path, github: dict[str, str], remote, sample) -> Scheduled:
    """Let the schedule come round; gives the rehearsal, which has run."""
    context = github | {"server_url": str(tmp_path / "server")}

    def run(**filled_in: Any) -> Rehearsal:
        artifacts = tmp_path / "artifacts"
        shutil.rmtree(artifacts, ignore_errors=True)
        found = rehearse("invariants.yml", clone, artifacts, context, inputs=FORM | filled_in)
        found.run()
        return found

    return run


def results(done: dict[str, Done]) -> dict[str, str]:
    return {name: one.result for name, one in done.items()}


def kept(remote: Path) -> list[str]:
    words = [GIT, "-C", str(remote), "ls-tree", "-r", "--name-only", "trueup-runs"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.stdout.split()


WELL = {
    "systems": "success",
    "check": "success",
    "check (studybuddy)": "success",
    "report": "success",
    "keep": "success",
    "issues": "success",
    "publish": "skipped",
}


def test_everything_sound_is_kept_and_opens_nothing(
    scheduled, repository, remote, tmp_path: Path
) -> None:
    done = scheduled().done

    assert results(done) == WELL, done
    assert "there is no branch trueup-runs yet" in done["report"].said
    assert "no switch" in done["report"].said
    assert len(kept(remote)) == 1
    assert repository.issues == {}
    assert "Everything that was selected is true" in done["report"].summary
    [artifact] = (tmp_path / "artifacts" / "report").glob("*/index.html")
    assert "the next run is due by" in artifact.read_text()


def test_a_violation_fails_its_job_and_is_told_all_the_same(
    scheduled, repository, remote, sample
) -> None:
    sample(STUCK)

    done = scheduled().done

    assert results(done) == WELL | {"check": "failure", "check (studybuddy)": "failure"}, done
    assert "1 violated" in done["check (studybuddy)"].said
    assert "::error" in done["report"].said
    [issue] = repository.issues.values()
    assert issue["title"].startswith("[P1] every running ai job is younger than five minutes")
    assert len(kept(remote)) == 1

    again = scheduled().done
    assert "has 1 earlier run\n" in again["report"].said
    assert (len(kept(remote)), len(repository.issues)) == (2, 1)


def test_what_could_not_be_looked_at_is_neither_well_nor_violated(
    scheduled, repository, sample
) -> None:
    sample("truncate ai_jobs cascade")

    done = scheduled().done

    assert results(done) == WELL | {"check": "failure", "check (studybuddy)": "failure"}
    [issue] = repository.issues.values()
    assert issue["title"] == "[unknown] studybuddy could not be looked at (sample)"
    assert "there was nothing to judge" in issue["body"]


def test_a_past_that_cannot_be_read_is_done_without(scheduled, remote, tmp_path: Path) -> None:
    scheduled()
    work = tmp_path / "work"
    subprocess.run([GIT, "clone", "-q", "-b", "trueup-runs", remote, work], check=True)
    [file] = work.glob("*/run.json")
    file.write_text("{ cut short")
    for words in (["add", "--all"], ["commit", "-qm", "Cut it short"], ["push", "-q"]):
        subprocess.run(
            [GIT, "-c", "user.name=x", "-c", "user.email=x@x", *words], cwd=work, check=True
        )

    done = scheduled().done

    assert results(done) == WELL, done
    assert len(kept(remote)) == 2


def test_a_repository_that_cannot_be_reached_costs_the_past_and_not_the_report(
    scheduled, remote, repository, sample
) -> None:
    shutil.rmtree(remote)
    sample(STUCK)

    done = scheduled().done

    wanted = {"check": "failure", "check (studybuddy)": "failure", "keep": "failure"}
    assert results(done) == WELL | wanted, done
    assert "git ls-remote failed for the branch trueup-runs" in done["keep"].said
    assert len(repository.issues) == 1


def test_a_report_of_nothing_is_none(scheduled) -> None:
    found = scheduled()
    shutil.rmtree(found.artifacts / "shard-studybuddy")

    report = found.again("report", "ada")

    assert report.result == "failure"
    assert "did the jobs upload theirs?" in report.said


def test_an_environment_that_no_system_has_looks_at_nothing_and_fails(scheduled) -> None:
    done = scheduled(environment="nowhere").done

    assert done["systems"].result == "failure"
    assert "no system has an environment 'nowhere'" in done["systems"].said
    assert {one.result for name, one in done.items() if name != "systems"} == {"skipped"}
