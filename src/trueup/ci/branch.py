"""
Earlier runs on a branch of their own: restored before a run is compared, added to afterwards.

The branch holds `<run>/run.json` and nothing else. It is never pushed with force: where another run
was quicker, ours goes on top of theirs. The oldest runs are taken out beyond a number of them.
"""

import base64
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import ClassVar

from trueup.errors import CiError
from trueup.history.folder import DATA
from trueup.model.hiding import Hiding
from trueup.report.phrase import plural

KEPT = 400
"""Runs that the branch keeps: a month of one every two hours, and some days."""

ATTEMPTS = 6
TIMEOUT = 120

_AS = ("-c", "user.name=trueup", "-c", "user.email=trueup@users.noreply.github.com")


class Branch(Hiding, frozen=True):
    """A branch of a remote, worked on in a folder; `token` opens it, and is not in the address."""

    HIDDEN: ClassVar = frozenset({"token", "pause"})

    remote: str
    name: str
    folder: Path
    token: str = ""
    pause: Callable[[float], None] = time.sleep

    def restore(self) -> str:
        """Have the branch in the folder, or an empty one where there is none; says which."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self._git("init", "--quiet", f"--initial-branch={self.name}")
        self._git("remote", "add", "origin", self.remote)
        if not self._is_there():
            return f"there is no branch {self.name} yet; this run is the first that it will hold"
        self._fetch()
        runs = plural(len(list(self.folder.glob(f"*/{DATA}"))), "earlier run")
        return f"the branch {self.name} has {runs}"

    def keep(self, runs: Iterable[Path], most: int = KEPT) -> str:
        """
        Add runs to the branch, and take the oldest out; raises CiError where it cannot be pushed.

        `runs` are folders with a run.json, of which nothing else is kept.
        """
        files = [path / DATA for path in runs]
        for attempt in range(ATTEMPTS):
            if attempt:
                self.pause(min(2.0**attempt, 20.0))
                self._fetch()
            self._write(files, most)
            if self._pushed():
                return f"kept {len(files)} on the branch {self.name}"
        raise CiError(
            f"the branch {self.name} could not be pushed, {ATTEMPTS} times; does the job have"
            " contents: write, and is the branch protected?"
        )

    def _write(self, files: Iterable[Path], most: int) -> None:
        for file in files:
            place = self.folder / file.parent.name
            place.mkdir(exist_ok=True)
            shutil.copyfile(file, place / DATA)
        there = sorted(path.parent for path in self.folder.glob(f"*/{DATA}"))
        for old in there[: max(len(there) - most, 0)]:
            shutil.rmtree(old)
        self._git("add", "--all", "--", f":(glob)*/{DATA}")
        self._git(*_AS, "commit", "--quiet", "--allow-empty", "--message", "Keep a run")

    def _fetch(self) -> None:
        if self._is_there():
            self._git("fetch", "--quiet", "--depth=1", "origin", self.name)
            self._git("reset", "--quiet", "--hard", "FETCH_HEAD")

    def _is_there(self) -> bool:
        return bool(self._git("ls-remote", "--heads", "origin", self.name).strip())

    def _pushed(self) -> bool:
        done = self._run("push", "--quiet", "origin", f"HEAD:refs/heads/{self.name}")
        return done.returncode == 0

    def _git(self, *words: str) -> str:
        done = self._run(*words)
        if done.returncode:
            raise CiError(
                f"git {next(word for word in words if word[0] != '-' and '=' not in word)} failed"
                f" for the branch {self.name}; can this job reach the repository?"
            )
        return done.stdout

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Git, which is told the token by its environment, where no process list shows it."""
        known = {"GIT_TERMINAL_PROMPT": "0"}
        if self.token:
            basic = base64.b64encode(f"x-access-token:{self.token}".encode()).decode()
            known |= {
                "GIT_CONFIG_COUNT": "1",
                "GIT_CONFIG_KEY_0": "http.extraheader",
                "GIT_CONFIG_VALUE_0": f"AUTHORIZATION: basic {basic}",
            }
        return subprocess.run(
            ["git", "-C", str(self.folder), *words],  # noqa: S607  # the runner's own git
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT,
            env=os.environ | known,
        )
