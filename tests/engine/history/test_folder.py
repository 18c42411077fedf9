from dataclasses import replace
from pathlib import Path

from engine.history.runs import at, broken
from trueup.history import folder
from trueup.report import store


def test_runs_of_one_environment_are_read_the_newest_first(tmp_path: Path) -> None:
    for day in (2, 0, 1):
        store.write(at(day, broken(1)), tmp_path)
    store.write(replace(at(3, broken(1)), environment="staging"), tmp_path)

    assert [run.id for run in folder.runs(tmp_path, "production")] == [
        "2026-002",
        "2026-001",
        "2026-000",
    ]


def test_one_that_cannot_be_read_does_not_take_the_others_away(tmp_path: Path) -> None:
    store.write(at(0, broken(1)), tmp_path)
    (tmp_path / "2026-001").mkdir()
    (tmp_path / "2026-001" / "run.json").write_text("{")

    assert [run.id for run in folder.runs(tmp_path, "production")] == ["2026-000"]


def test_a_run_knows_only_those_before_it(tmp_path: Path) -> None:
    for day in range(3):
        store.write(at(day, broken(1)), tmp_path)

    found = folder.runs(tmp_path, "production", before="2026-002")

    assert [run.id for run in found] == ["2026-001", "2026-000"]


def test_a_folder_that_is_not_there_has_no_runs(tmp_path: Path) -> None:
    assert list(folder.runs(tmp_path / "nowhere", "production")) == []
