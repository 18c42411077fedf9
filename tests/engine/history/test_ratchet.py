from pathlib import Path

import pytest
from msgspec.structs import replace

from engine.history.runs import at, broken, sound, unknown
from trueup.errors import RunError
from trueup.history import ratchet
from trueup.model.run import Record
from trueup.model.verdict import Verdict
from trueup.report import store


@pytest.mark.parametrize(
    ("then", "now", "known"),
    [
        (broken(1, 2), broken(2), True),
        (broken(1, 2), broken(2, 3), False),
        (sound(), broken(1), False),
        (unknown(), broken(1), False),
        (replace(broken(1), verdict=Verdict.WAIVED, waived=1), broken(1), True),
        (broken(1), replace(broken(2, 1), waived=1), False),
        (broken(1), replace(broken(1, 2), waived=1), True),
        (replace(broken(1), count=5000), replace(broken(2), count=5000), True),
        (replace(broken(1), count=5000), replace(broken(1), count=5001), False),
        (replace(broken(1), count=5000), replace(broken(1), count=9, counted_all=False), False),
        (broken(1), unknown(), False),
    ],
)
def test_only_what_the_baseline_had_key_by_key_is_known(
    then: Record, now: Record, *, known: bool
) -> None:
    assert ratchet.held(now, at(0, then)).known == ("2026-000" if known else "")


def test_an_invariant_that_the_baseline_lacks_is_new() -> None:
    assert ratchet.held(broken(1), at(0)).known == ""


def test_a_baseline_is_named_by_its_id_its_folder_or_as_the_last(tmp_path: Path) -> None:
    for day in range(2):
        store.write(at(day, broken(1)), tmp_path)
    store.write(replace(at(2, broken(1)), environment="staging"), tmp_path)

    assert ratchet.chosen("2026-000", tmp_path, "production") == tmp_path / "2026-000"
    assert ratchet.chosen(str(tmp_path / "2026-001"), Path("x"), "production") is not None
    assert ratchet.chosen("last", tmp_path, "production") == tmp_path / "2026-001"
    assert ratchet.chosen("last", tmp_path / "new", "production") is None


def test_a_baseline_that_cannot_be_meant_is_refused(tmp_path: Path) -> None:
    store.write(replace(at(2, broken(1)), environment="staging"), tmp_path)

    with pytest.raises(RunError, match="no run can be read"):
        ratchet.chosen("2026-000", tmp_path, "production")
    with pytest.raises(RunError, match="is one of staging, not of production"):
        ratchet.chosen("2026-002", tmp_path, "production")
