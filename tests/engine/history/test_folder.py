import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from engine.history.runs import at, broken
from engine.report.morning import believable
from trueup.history import folder
from trueup.history.compared import compared
from trueup.report import store

FORMAT_1 = Path(__file__).parent.parent / "report" / "run-format-1.json"


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


def test_what_is_read_of_a_run_is_what_is_compared_of_it(tmp_path: Path) -> None:
    written = replace(believable(), id="2026-000", environment="production")
    store.write(written, tmp_path)

    assert list(folder.runs(tmp_path, "production")) == compared([written])


def test_a_run_of_the_first_format_is_compared_too(tmp_path: Path) -> None:
    (tmp_path / "2026-001").mkdir()
    shutil.copy(FORMAT_1, tmp_path / "2026-001" / "run.json")
    run = folder.read(tmp_path / "2026-001")

    assert list(folder.runs(tmp_path, run.environment)) == compared([run])


def test_looks_of_two_runs_are_kept_once(tmp_path: Path) -> None:
    for day in range(2):
        store.write(at(day, broken("a key that is no name")), tmp_path)

    newer, older = folder.runs(tmp_path, "production")

    [id_] = newer.looks
    assert newer.looks[id_] is older.looks[id_]


def test_how_long_each_took_is_that_of_the_newest_of_its_environment(tmp_path: Path) -> None:
    for day, seconds in ((0, 1.0), (1, 2.0)):
        run = at(day, broken(1))
        store.write(replace(run, records=(replace(run.records[0], seconds=seconds),)), tmp_path)
    store.write(replace(at(2, broken(1)), environment="staging"), tmp_path)
    [name] = [record.id for record in at(0, broken(1)).records]

    assert folder.seconds(tmp_path, "production") == {name: 2.0}
    assert folder.seconds(tmp_path, "elsewhere") == {}


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"environment": "production", "records": 3}',
             '{"environment": "production", "records": [{"name": "x"}]}']
)  # fmt: skip
def test_a_run_that_says_no_seconds_is_passed_over(tmp_path: Path, text: str) -> None:
    store.write(at(0, broken(1)), tmp_path)
    (tmp_path / "2026-001").mkdir()
    (tmp_path / "2026-001" / "run.json").write_text(text)

    assert len(folder.seconds(tmp_path, "production")) == 1
