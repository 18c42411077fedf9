"""A workflow rehearsed on this machine: its jobs one after the other, its steps as they stand."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, field
from ruamel.yaml import YAML

from engine.ci.expressions import filled, value
from systems.scenes import ROOT

TRUEUP = Path(sys.executable).with_name("trueup")

TOOLS = {"actions/checkout", "actions/setup-python"}
"""Actions that a rehearsal has no need of: the project lies there, and so does Python."""


MADE = ("shard", "shards", "history", "site", "plan")
"""What steps leave in their folder; the next job of a real workflow starts on another machine."""


class Done(Struct):
    """What came of one job: whether it went well, what it printed, its outputs and its summary."""

    result: str
    said: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""


class Rehearsal(Struct):
    """
    A workflow in a folder that has the project.

    `secrets` are by name, as an environment has them; `github` and `inputs` are the contexts of
    those names. `artifacts` is where what is uploaded lies.
    """

    folder: Path
    artifacts: Path
    github: dict[str, Any]
    inputs: dict[str, Any]
    secrets: dict[str, str]
    env: dict[str, str]
    jobs: dict[str, Any]
    done: dict[str, Done] = field(default_factory=dict)

    def run(self) -> dict[str, Done]:
        """All jobs in their order; each job of a matrix is one of its own, as `check (shop)`."""
        for name, job in self.jobs.items():
            needs = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
            if self._goes_on(job, needs):
                self.done[name] = self._job(name, job)
            else:
                self.done[name] = Done("skipped")
        return self.done

    def again(self, name: str, actor: str) -> Done:
        """One job run again by somebody, as “Re-run failed jobs” does."""
        self.github["triggering_actor"] = actor
        self.done[name] = self._job(name, self.jobs[name])
        return self.done[name]

    def _goes_on(self, job: Mapping[str, Any], needs: list[str]) -> bool:
        well = all(self.done[one].result == "success" for one in needs)
        if "if" not in job:
            return well
        condition = str(job["if"])
        wanted = bool(value(condition, self._contexts({}, {}, failed=not well)))
        return wanted and (well or "cancelled()" in condition or "always()" in condition)

    def _job(self, name: str, job: Mapping[str, Any]) -> Done:
        if "strategy" not in job:
            return self._one(job, {})
        matrix = value(job["strategy"]["matrix"], self._contexts({}, {}))
        each = [self._one(job, one) for one in matrix["include"]]
        for one, done in zip(matrix["include"], each, strict=True):
            self.done[f"{name} ({one['system']})"] = done
        bad = [done for done in each if done.result != "success"]
        return Done("failure" if bad else "success", "".join(done.said for done in each))

    def _one(self, job: Mapping[str, Any], matrix: Mapping[str, str]) -> Done:
        done, failed = Done("success"), False
        for left in MADE:
            shutil.rmtree(self.folder / left, ignore_errors=True)
        steps: dict[str, Any] = {}
        for number, step in enumerate(job["steps"]):
            contexts = self._contexts(matrix, steps, failed=failed)
            wanted = value(str(step["if"]), contexts) if "if" in step else not failed
            if not wanted:
                continue
            code, said, outputs, summary = self._step(step, contexts)
            steps[step.get("id", str(number))] = {
                "outputs": outputs,
                "outcome": "failure" if code else "success",
            }
            done.said += said
            done.summary += summary
            failed = failed or bool(code and not step.get("continue-on-error"))
        contexts = self._contexts(matrix, steps)
        done.outputs = {n: filled(v, contexts) for n, v in job.get("outputs", {}).items()}
        done.result = "failure" if failed else "success"
        return done

    def _step(
        self, step: Mapping[str, Any], contexts: Mapping[str, Any]
    ) -> tuple[int, str, dict[str, str], str]:
        if "uses" in step:
            return (*self._used(step, contexts), {}, "")
        if step["run"] == "make venv":
            return 0, "", {}, ""
        files = {name: self.artifacts / f".{name}" for name in ("output", "summary")}
        for file in files.values():
            file.write_text("")
        said = self.env | step.get("env", {})
        env = {name: filled(str(text), contexts) for name, text in said.items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],  # noqa: S607  # as a runner does
            cwd=self.folder,
            env=self._environment()
            | env
            | {
                "GITHUB_OUTPUT": str(files["output"]),
                "GITHUB_STEP_SUMMARY": str(files["summary"]),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        lines = files["output"].read_text().splitlines()
        outputs = dict(line.split("=", 1) for line in lines)
        return done.returncode, done.stdout + done.stderr, outputs, files["summary"].read_text()

    def _environment(self) -> dict[str, str]:
        """A runner's: nothing of this machine's own but the path, and GitHub's variables."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        names = ("repository", "run_id", "actor", "triggering_actor", "server_url", "api_url")
        return kept | {f"GITHUB_{name.upper()}": str(self.github[name]) for name in names}

    def _used(self, step: Mapping[str, Any], contexts: Mapping[str, Any]) -> tuple[int, str]:
        action = step["uses"].split("@")[0]
        given = {name: filled(str(v), contexts) for name, v in step.get("with", {}).items()}
        if action in TOOLS:
            return 0, ""
        if action == "actions/upload-artifact":
            return self._upload(given)
        if action == "actions/download-artifact":
            return self._download(given)
        raise ValueError(f"nobody rehearses {action}")

    def _upload(self, given: Mapping[str, str]) -> tuple[int, str]:
        there = [p for p in map(self.folder.joinpath, given["path"].split()) if p.exists()]
        if not there:
            return int(given.get("if-no-files-found") == "error"), "no files were found\n"
        place = self.artifacts / given["name"]
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        for path in there:
            if path.is_dir():
                shutil.copytree(path, place, dirs_exist_ok=True)
            else:
                shutil.copy(path, place)
        return 0, ""

    def _download(self, given: Mapping[str, str]) -> tuple[int, str]:
        place = self.folder / given["path"]
        named = [self.artifacts / given["name"]] if "name" in given else []
        found = named or sorted(self.artifacts.glob(given["pattern"]))
        for artifact in found:
            inside = place if named else place / artifact.name
            shutil.copytree(artifact, inside, dirs_exist_ok=True)
        return 0, ""

    def _contexts(
        self, matrix: Mapping[str, str], steps: Mapping[str, Any], *, failed: bool = False
    ) -> dict[str, Any]:
        needs = {n: {"outputs": d.outputs, "result": d.result} for n, d in self.done.items()}
        return {
            "github": self.github,
            "inputs": self.inputs,
            "secrets": self.secrets,
            "vars": {},
            "matrix": matrix,
            "steps": steps,
            "needs": needs,
            "runner": {"temp": str(self.artifacts)},
            "functions": {"cancelled": False, "always": True, "failure": failed},
        }


def rehearse(
    name: str, folder: Path, artifacts: Path, github: Mapping[str, Any], **contexts: Any
) -> Rehearsal:
    """Prepare a workflow of this repository, to be run in a folder that has the project."""
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True, exist_ok=True)
    if not (programs / "trueup").exists():
        (programs / "trueup").symlink_to(TRUEUP)
    artifacts.mkdir(parents=True, exist_ok=True)
    workflow = YAML(typ="safe").load(ROOT / ".github" / "workflows" / name)
    return Rehearsal(
        folder=folder,
        artifacts=artifacts,
        github=dict(github),
        inputs=dict(contexts.get("inputs", {})),
        secrets=dict(contexts.get("secrets", {})),
        env=workflow.get("env", {}),
        jobs=workflow["jobs"],
    )
