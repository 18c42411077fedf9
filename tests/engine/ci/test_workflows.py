"""The workflows: valid, hardened, and with steps that are commands, not scripts."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from engine.ci import secret_names
from systems.scenes import ROOT
from trueup.ci import matrix
from trueup.config import Project, find_project
from trueup.errors import ConfigError

FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))
ACTION = ROOT / "action.yml"
TOOLS = Path(sys.executable).parent

SCRIPTS = {"ci.yml"}
"""Workflows of the project's own that also install what a runner lacks."""


def workflow(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(path)
    return found


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in FILES:
        for name, job in workflow(path)["jobs"].items():
            yield f"{path.name}: {name}", job


def tool(*words: object) -> str:
    name, *rest = map(str, words)
    done = subprocess.run([TOOLS / name, *rest], capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def test_an_auditor_finds_nothing() -> None:
    assert "No findings" in tool("zizmor", "--offline", "--persona", "auditor", FOLDER, ACTION)


def test_they_are_workflows() -> None:
    tool("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *FILES)
    tool("check-jsonschema", "--builtin-schema", "vendor.github-actions", ACTION)


@pytest.mark.parametrize("systems", ["", "shop", "shop cafe", "shop\ncafe\n"])
def test_the_action_checks_each_system_that_it_is_given(tmp_path: Path, systems: str) -> None:
    [check] = [step for step in workflow(ACTION)["runs"]["steps"] if step.get("id") == "check"]
    trueup = tmp_path / "trueup" / "venv" / "bin" / "trueup"
    trueup.parent.mkdir(parents=True)
    trueup.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    trueup.chmod(0o755)
    given = {"ENVIRONMENT": "staging", "SYSTEMS": systems, "SELECT": "", "RUNNER_TEMP": tmp_path}

    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", check["run"]],  # noqa: S607  # as a runner has it
        env=os.environ | {name: str(value) for name, value in given.items()},
        capture_output=True,
        text=True,
        check=True,
    )

    said = done.stdout.split("\n")
    assert said[1 : said.index("--env")] == systems.split()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_is_permitted_unless_a_job_says_so(path: Path) -> None:
    assert workflow(path)["permissions"] == {}


def test_every_job_ends_by_itself_and_says_what_it_may() -> None:
    lax = [n for n, job in jobs() if "timeout-minutes" not in job or "permissions" not in job]
    assert lax == []


def test_steps_are_commands() -> None:
    shell = [
        f"{name}: {step['run']}"
        for name, job in jobs()
        for step in job["steps"]
        if name.split(":")[0] not in SCRIPTS
        for line in step.get("run", "").strip().splitlines()
        if not line.startswith((".venv/bin/trueup ", "make "))
    ]
    assert shell == []


@pytest.mark.parametrize("path", secret_names.files(), ids=lambda path: path.name)
def test_secrets_are_those_that_trueup_toml_names(path: Path) -> None:
    text = path.read_text()
    assert text == secret_names.written(text), "run `make docs`"


def test_a_job_that_reads_holds_nothing_that_writes() -> None:
    reads, mends = set(secret_names.names("reads")), set(secret_names.names("mends"))

    assert reads < mends
    assert not [name for name in reads if name.endswith(("_PRIMARY_URL", "_OWNER_URL"))]
    assert "STUDYBUDDY_REPLICA_URL" in reads


def test_the_matrix_has_the_systems_of_an_environment(tmp_path: Path) -> None:
    project = find_project(ROOT)
    said = matrix.of(project, "production")
    assert '{"system":"studybuddy","environment":"production"}' in said
    assert len(said.splitlines()) == 1

    with pytest.raises(ConfigError, match="no system has an environment 'nowhere'"):
        matrix.of(project, "nowhere")
    with pytest.raises(ConfigError, match="no system 'shop'"):
        matrix.of(Project(tmp_path, project.config), "production", ["shop"])
