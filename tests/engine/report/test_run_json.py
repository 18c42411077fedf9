import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from engine.history.runs import history
from engine.report.morning import believable, quiet
from engine.report.runs import hostile, run
from trueup.errors import RunError
from trueup.history.compared import compared
from trueup.history.past import remembered
from trueup.model import run_json
from trueup.model.run import Run
from trueup.report import store

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "docs" / "run.schema.json").read_text(encoding="utf-8"))
FORMAT_1 = json.loads(Path(__file__).with_name("run-format-1.json").read_text(encoding="utf-8"))


def wrong(data: object) -> list[str]:
    """Where the data is not what the published schema says."""
    found = Draft202012Validator(SCHEMA).iter_errors(data)
    return [error.json_path for error in found]


def plain(drawn: Run) -> dict[str, Any]:
    """What whoever reads run.json has of it."""
    read: dict[str, Any] = json.loads(store.text(drawn))
    return read


def with_a_past() -> Run:
    earlier = history(believable, 3)
    return remembered(replace(believable(), mended=()), compared(reversed(earlier)))


def test_the_published_schema_is_the_models_own() -> None:
    assert json.loads(json.dumps(run_json.schema())) == SCHEMA, (
        "run `make docs`, and read what changed"
    )


@pytest.mark.parametrize(
    "drawn", [believable(), quiet(), replace(hostile(), metrics=()), run([]), with_a_past()],
    ids=["believable", "quiet", "hostile", "empty", "with a past"],
)  # fmt: skip
def test_what_is_written_is_what_the_schema_says_and_reads_back_equal(drawn: Run) -> None:
    written = plain(drawn)

    assert wrong(written) == []
    assert run_json.parse(store.text(drawn).encode()) == drawn


@pytest.mark.parametrize(
    ("place", "value", "where"),
    [
        (("format",), 3, "$.format"),
        (("verdict",), "fine", "$.verdict"),
        (("records", 0, "verdict"), "fine", "$.records[0].verdict"),
        (("records", 0, "count"), "many", "$.records[0].count"),
        (("as_of",), 7, "$.as_of"),
    ],
)
def test_the_schema_refuses_what_no_reader_expects(
    place: tuple[Any, ...], value: object, where: str
) -> None:
    data = plain(believable())
    inner = data
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value

    assert wrong(data) == [where]


@pytest.mark.parametrize(
    ("name", "value"), [("workers", "2"), ("as_of", "20261102T120000Z"), ("records", {})]
)
def test_what_is_not_of_its_type_is_refused(name: str, value: object) -> None:
    with pytest.raises(RunError, match=rf"not a run: \.{name} is not what it must be"):
        run_json.parse(json.dumps(plain(believable()) | {name: value}).encode())


def test_a_run_of_the_first_format_is_read_as_one_without_a_past() -> None:
    read = run_json.parse(json.dumps(FORMAT_1).encode())

    assert FORMAT_1["format"] == 1
    assert wrong(FORMAT_1) == []
    assert len(read.records) == len(FORMAT_1["records"]) > 3
    assert read.records[0].keys == tuple(FORMAT_1["records"][0]["keys"])
    assert (read.earlier, read.idle_waivers, read.records[0].past) == ((), (), None)


def test_a_field_of_a_newer_writer_is_skipped() -> None:
    newer = plain(believable()) | {"weather": "fair"}

    assert run_json.parse(json.dumps(newer).encode()) == believable()


def test_a_value_of_another_kind_is_told_by_its_place() -> None:
    odd = plain(believable())
    odd["records"][2]["rows"] = "none"

    with pytest.raises(RunError, match=r"records\[2\]\.rows is not what it must be"):
        run_json.parse(json.dumps(odd).encode())


def test_every_field_of_a_run_is_in_its_schema() -> None:
    assert set(Run.__struct_fields__) <= set(SCHEMA["properties"])
