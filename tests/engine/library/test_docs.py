"""The examples in the documentation are the code that runs."""

import re
import shutil
import subprocess
from pathlib import Path

from msgspec.structs import fields

from trueup.config import EnvironmentConfig

ROOT = Path(__file__).parents[3]

GIT = shutil.which("git") or "git"

WRITTEN = re.compile(r"(?:--out|--html|--junitxml|>)[ =]([a-z_]+(?:\.[a-z]+)?)")
"""Where a command of the documentation writes, as in `--out plan.json`."""


def first_example(page: str) -> str:
    """The first block of Python on a page of docs/."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return text.split("```python\n")[1].split("```")[0]


def test_the_fix_that_is_shown_is_the_fix_that_runs() -> None:
    shown = first_example("writing-a-fix.md")

    assert shown == (ROOT / "fixes/studybuddy/fail_stuck_ai_jobs.py").read_text(encoding="utf-8")


def test_the_invariant_that_is_shown_is_the_one_that_runs() -> None:
    shown = first_example("writing-an-invariant.md")
    code = (ROOT / "invariants/studybuddy/test_course_files.py").read_text(encoding="utf-8")

    assert shown.splitlines()[0] == code.splitlines()[0]
    assert shown[shown.index("ABANDONED =") :] in code


def test_every_key_of_an_environment_is_documented() -> None:
    said = set(re.findall(r"\w+", (ROOT / "docs" / "connecting.md").read_text(encoding="utf-8")))

    assert {field.name for field in fields(EnvironmentConfig)} - said == set()


def test_what_a_command_of_the_documentation_writes_is_not_committed(tmp_path: Path) -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    said = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    commands = [line for line in said.splitlines() if re.search(r"trueup |pytest |pg_dump ", line)]
    written = {name for line in commands for name in WRITTEN.findall(line)}
    for name in written:
        (tmp_path / name).touch()
    shutil.copy(ROOT / ".gitignore", tmp_path)
    subprocess.run([GIT, "init", "--quiet", tmp_path], check=True)

    words = [GIT, "-C", str(tmp_path), "ls-files", "--others", "--exclude-standard"]
    left = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()

    assert {"plan.json", "undo.json", "theirs.json", "backup.sql", "site"} <= written
    assert left == [".gitignore"]
