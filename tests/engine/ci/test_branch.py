"""The branch of earlier runs: restored, added to, bounded, and never pushed with force."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from engine.report.morning import believable
from trueup.ci.branch import Branch
from trueup.errors import CiError
from trueup.history.folder import read
from trueup.report import store

GIT = shutil.which("git") or "git"

Made = Callable[[str], Path]


def git(folder: Path, *words: str) -> str:
    done = subprocess.run([GIT, "-C", folder, *words], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """A repository with a main branch that is none of our business."""
    bare = tmp_path / "shop.git"
    subprocess.run([GIT, "init", "--quiet", "--bare", bare], check=True)
    return bare


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """A run of that id, written."""
    return lambda name: store.write(replace(believable(), id=name), tmp_path / "reports").parent


def branch(tmp_path: Path, remote: Path, folder: str = "history") -> Branch:
    return Branch(str(remote), "trueup-runs", tmp_path / folder, pause=lambda _: None)


def kept(remote: Path) -> list[str]:
    return git(remote, "ls-tree", "-r", "--name-only", "trueup-runs").split()


def test_the_first_run_makes_the_branch(tmp_path: Path, remote: Path, made: Made) -> None:
    ours = branch(tmp_path, remote)

    assert "there is no branch trueup-runs yet" in ours.restore()
    ours.keep([made("1-production")])

    assert kept(remote) == ["1-production/run.json"]


def test_what_was_kept_is_restored(tmp_path: Path, remote: Path, made: Made) -> None:
    first = branch(tmp_path, remote)
    first.restore()
    first.keep([made("1-production"), made("2-production")])

    later = branch(tmp_path, remote, "elsewhere")

    assert later.restore() == "the branch trueup-runs has 2 earlier runs"
    assert read(later.folder / "2-production").id == "2-production"


def test_two_at_once_keep_both_and_nobody_forces(tmp_path: Path, remote: Path, made: Made) -> None:
    one, two = branch(tmp_path, remote, "one"), branch(tmp_path, remote, "two")
    one.restore()
    two.restore()
    one.keep([made("1-production")])
    before = git(remote, "rev-parse", "trueup-runs").strip()
    two.keep([made("2-production")])

    assert kept(remote) == ["1-production/run.json", "2-production/run.json"]
    assert before in git(remote, "rev-list", "trueup-runs")


def test_the_oldest_go(tmp_path: Path, remote: Path, made: Made) -> None:
    ours = branch(tmp_path, remote)
    ours.restore()
    ours.keep([made(f"{n}-production") for n in range(1, 6)], most=3)

    assert kept(remote) == [f"{n}-production/run.json" for n in (3, 4, 5)]


def test_a_branch_that_cannot_be_pushed_is_said(tmp_path: Path, remote: Path, made: Made) -> None:
    hook = remote / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    ours = branch(tmp_path, remote)
    ours.restore()
    with pytest.raises(CiError, match=r"could not be pushed, 6 times.*contents: write"):
        ours.keep([made("1-production")])


def test_a_remote_that_is_not_there_is_said_without_the_token(tmp_path: Path) -> None:
    gone = Branch(str(tmp_path / "gone.git"), "trueup-runs", tmp_path / "h", "ghs_planted")
    with pytest.raises(CiError, match="git ls-remote failed for the branch trueup-runs") as told:
        gone.restore()
    assert "ghs_planted" not in str(told.value)


def test_the_token_is_in_no_argument_and_in_no_file(tmp_path: Path, remote: Path, made: Made):
    ours = replace(branch(tmp_path, remote), token="ghs_planted")
    ours.restore()
    ours.keep([made("1-production")])

    written = b"".join(p.read_bytes() for p in ours.folder.rglob("*") if p.is_file())
    assert b"ghs_planted" not in written
    assert "ghs_planted" not in repr(ours)
