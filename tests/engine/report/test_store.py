import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from engine.report.morning import METRICS, believable
from engine.report.runs import hostile, record, run, violated
from trueup.errors import RunError
from trueup.history import folder
from trueup.report import store


def test_a_run_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    morning = believable()

    page = store.write(morning, tmp_path / "reports")

    assert page == tmp_path / "reports" / morning.id / "index.html"
    assert folder.read(page.parent) == morning
    assert folder.read(page.with_name("run.json")) == morning


def test_the_page_lies_beside_its_source_and_nothing_else_does(tmp_path: Path) -> None:
    page = store.write(believable(), tmp_path)

    assert sorted(file.name for file in page.parent.iterdir()) == ["index.html", "run.json"]
    assert [folder.name for folder in tmp_path.iterdir()] == [believable().id]


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", ".hidden", "a b", "/etc"])
def test_an_id_that_is_no_folders_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(RunError, match="is no folder's name"):
        store.write(replace(believable(), id=name), tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_run_is_never_overwritten(tmp_path: Path) -> None:
    page = store.write(believable(), tmp_path)
    before = page.read_bytes()

    with pytest.raises(RunError, match="never overwritten"):
        store.write(run([record("a")]), tmp_path)

    assert page.read_bytes() == before


def test_a_disk_that_refuses_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("a file stands where the folder should be")

    with pytest.raises(RunError, match="see that the folder can be written"):
        store.write(believable(), tmp_path / "reports")


@pytest.mark.parametrize(
    "more",
    [
        {"harm": "ask jane@example.com"},
        {"reason": "postgresql://u:hunter2@db/x refused"},
        {"keys": ("sk_live_4eC39HqLyjWDarjt",)},
        {"sql": ("select 'correct horse'",)},
    ],
)
def test_a_secret_stops_the_run_and_is_not_told(tmp_path: Path, more: dict[str, object]) -> None:
    leaking = run([violated("a", "P1", [("k",)], columns=("id",), **more)])

    with pytest.raises(RunError, match="nothing was written") as refused:
        store.write(leaking, tmp_path, ["correct horse"])

    assert "run.json" in str(refused.value)
    assert not any(word in str(refused.value) for word in ("jane", "hunter2", "4eC39", "correct"))
    assert list(tmp_path.iterdir()) == []


def test_a_page_that_cannot_be_drawn_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "page", broken)

    with pytest.raises(KeyboardInterrupt):
        store.write(believable(), tmp_path)

    assert [*tmp_path.iterdir()] == []


def test_a_number_that_json_does_not_know_is_refused_in_words(tmp_path: Path) -> None:
    odd = replace(METRICS[0], points=(("", float("nan")),))

    with pytest.raises(RunError, match="not a number"):
        store.write(run([record("a")], metrics=(odd,)), tmp_path)


def test_half_a_character_does_not_keep_a_run_from_being_written(tmp_path: Path) -> None:
    broken = run([record("a", harm="half \ud83d of it")])

    page = store.write(broken, tmp_path)

    assert folder.read(page.parent).records[0].harm == "half \\ud83d of it"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ("[]", "is not a run"),
        ('{"format": 99}', "has format 99"),
        ('{"format": 1, "id": "x"}', "is not a run"),
    ],
)
def test_what_is_no_run_is_refused_in_words(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "run.json").write_text(text)

    with pytest.raises(RunError, match=f"'{tmp_path}/run.json'.* {message}"):
        folder.read(tmp_path)


def test_a_run_that_is_not_there_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="trueup check"):
        folder.read(tmp_path / "nowhere")


def test_the_latest_run_is_the_one_with_the_last_id(tmp_path: Path) -> None:
    for name in ("20261120T062341Z-a", "20270101T000000Z-b", "20261231T235959Z-c"):
        store.write(replace(believable(), id=name), tmp_path)
    (tmp_path / "99990101-no-run").mkdir()

    assert folder.latest(tmp_path) == tmp_path / "20270101T000000Z-b"


def test_without_a_run_the_latest_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="make one with `trueup check`"):
        folder.latest(tmp_path / "reports")


def test_run_json_is_read_by_any_reader_of_json(tmp_path: Path) -> None:
    odd = replace(hostile(), metrics=())
    page = store.write(odd, tmp_path)

    data = json.loads(page.with_name("run.json").read_text(encoding="utf-8"))

    assert (data["format"], data["verdict"], len(data["records"])) == (2, "violated", 2)
