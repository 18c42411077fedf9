"""The examples in the documentation are the code that runs."""

import re
from pathlib import Path

from msgspec.structs import fields

from trueup.config import EnvironmentConfig

ROOT = Path(__file__).parents[3]


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
