"""`trueup report merge`: one run of what the jobs of a matrix made, with what did not arrive."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from engine.history.runs import at, broken, sound
from engine.report.runs import record
from trueup.config import find_project
from trueup.errors import RunError
from trueup.history import folder
from trueup.history.merge import LATE
from trueup.model.run import Change, SystemRecord
from trueup.model.verdict import Verdict
from trueup.report import merging, store

ROOT = Path(__file__).parents[3]


def shards(place: Path) -> list[Path]:
    """Two runs as two jobs upload them, each in a folder of its own."""
    one = at(5, broken(1, 2), selection="")
    other = replace(
        at(5, record("a_thing_is_so", system="other"), selection=""),
        id="2026-005-b",
        systems=(SystemRecord(name="other", title="Other"),),
    )
    for name, run in (("a", one), ("b", other)):
        store.write(run, place / name / "reports")
    return [place]


def test_the_runs_of_many_jobs_become_one_with_a_past(tmp_path: Path) -> None:
    store.write(at(3, sound(), selection=""), tmp_path / "kept")

    page = merging.merge(shards(tmp_path / "jobs"), tmp_path / "reports", tmp_path / "kept")

    found = folder.read(page.parent)
    assert [system.name for system in found.systems] == ["other", "studybuddy"]
    (new,) = [one for one in found.records if one.system == "studybuddy"]
    assert new.past.change is Change.NEW
    assert [one.id for one in found.earlier] == ["2026-003"]


def test_it_is_not_compared_with_its_own_parts(tmp_path: Path) -> None:
    place = tmp_path / "jobs"
    shards(place)

    page = merging.merge([place], tmp_path / "reports", place / "a" / "reports")

    assert folder.read(page.parent).earlier == ()


def test_a_system_that_is_owed_and_absent_is_unknown_with_its_invariants(tmp_path: Path) -> None:
    owed = merging.Owed(find_project(ROOT), ("studybuddy", "ielts_eq"))

    page = merging.merge(shards(tmp_path / "jobs"), tmp_path / "reports", tmp_path, owed)

    found = folder.read(page.parent)
    late = [one for one in found.records if one.system == "ielts_eq"]
    assert len(late) > 10
    assert {(one.verdict, one.reason) for one in late} == {(Verdict.UNKNOWN, LATE)}


def test_a_place_without_a_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="did the jobs upload theirs"):
        merging.merge([tmp_path], tmp_path / "reports", tmp_path)


def test_a_file_in_place_of_earlier_runs_is_refused(tmp_path: Path) -> None:
    store.write(at(5, broken(1, 2)), tmp_path / "jobs")
    (tmp_path / "file").touch()

    with pytest.raises(
        RunError, match="file' is no folder; name the one that has the earlier runs"
    ):
        merging.merge([tmp_path / "jobs"], tmp_path / "reports", tmp_path / "file")


def test_a_system_that_a_stopped_run_did_not_come_to_is_unknown(tmp_path: Path) -> None:
    stopped = replace(at(5, broken(1, 2), selection=""), records=(), stopped=True)
    store.write(stopped, tmp_path / "jobs")
    owed = merging.Owed(find_project(ROOT), ("studybuddy",))

    page = merging.merge([tmp_path / "jobs"], tmp_path / "reports", tmp_path, owed)

    found = folder.read(page.parent)
    assert [one.name for one in found.systems] == ["studybuddy"]
    assert {one.verdict for one in found.records} == {Verdict.UNKNOWN}
    assert len(found.records) > 10
