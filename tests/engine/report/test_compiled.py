"""Compiled templates are kept beside them: never instead of them, and never where they may not."""

import sys
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from trueup.report.compiled import Compiled


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as Python leaves it that has imported from it."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (tmp_path / "__pycache__").mkdir()
    return tmp_path


def drawn(folder: Path, text: str) -> str:
    """What a process draws from a template of this text."""
    environment = Environment(
        loader=DictLoader({"page": text}), autoescape=True, bytecode_cache=Compiled(folder)
    )
    return environment.get_template("page").render(name="<b>")


def kept(folder: Path) -> list[Path]:
    """What is kept of it."""
    return [*(folder / "__pycache__").iterdir()]


def test_a_template_is_compiled_once(folder: Path) -> None:
    first = drawn(folder, "of {{ name }}")
    [file] = kept(folder)
    written = file.stat().st_mtime_ns

    assert drawn(folder, "of {{ name }}") == first == "of &lt;b&gt;"
    assert file.stat().st_mtime_ns == written


def test_a_changed_template_is_compiled_again(folder: Path) -> None:
    drawn(folder, "of {{ name }}")

    assert drawn(folder, "by {{ name }}") == "by &lt;b&gt;"


def test_nothing_is_kept_where_python_keeps_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    assert drawn(folder, "of {{ name }}") == "of &lt;b&gt;"
    assert kept(folder) == []


def test_a_folder_that_takes_nothing_costs_time_and_nothing_else(tmp_path: Path) -> None:
    assert drawn(tmp_path / "nowhere", "of {{ name }}") == "of &lt;b&gt;"
