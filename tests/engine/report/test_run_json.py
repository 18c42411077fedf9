import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from engine.history.runs import history
from engine.report.morning import believable, quiet
from engine.report.runs import hostile, run
from trueup.errors import RunError
from trueup.history.past import remembered
from trueup.model import run_json
from trueup.model.exact import InexactError, exact
from trueup.model.run import Run

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "docs" / "run.schema.json").read_text(encoding="utf-8"))
FORMAT_1 = json.loads(Path(__file__).with_name("run-format-1.json").read_text(encoding="utf-8"))


def wrong(data: object) -> list[str]:
    """Where the data is not what the published schema says."""
    found = Draft202012Validator(SCHEMA).iter_errors(data)
    return [error.json_path for error in found]


def with_a_past() -> Run:
    earlier = history(believable, 3)
    return remembered(replace(believable(), mended=()), reversed(earlier))


def test_the_published_schema_is_the_models_own() -> None:
    assert run_json.schema() == SCHEMA, "run `make docs`, and read what changed"


@pytest.mark.parametrize(
    "drawn", [believable(), quiet(), replace(hostile(), metrics=()), run([]), with_a_past()],
    ids=["believable", "quiet", "hostile", "empty", "with a past"],
)  # fmt: skip
def test_what_is_written_is_what_the_schema_says_and_reads_back_equal(drawn: Run) -> None:
    written = json.loads(json.dumps(run_json.plain(drawn)))

    assert wrong(written) == []
    assert run_json.parse(written) == drawn
    assert exact(Run, written, json=True) == TypeAdapter(Run).validate_python(written) == drawn


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
    data = json.loads(json.dumps(run_json.plain(believable())))
    inner = data
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value

    assert wrong(data) == [where]


@pytest.mark.parametrize(
    ("name", "value"), [("workers", "2"), ("as_of", "20261102T120000Z"), ("records", {})]
)
def test_what_is_not_exactly_as_we_write_it_is_left_to_pydantic(name: str, value: object) -> None:
    data = json.loads(json.dumps(run_json.plain(believable()))) | {name: value}

    with pytest.raises(InexactError):
        exact(Run, data, json=True)


def test_a_run_of_the_first_format_is_read_as_one_without_a_past() -> None:
    read = run_json.parse(FORMAT_1)

    assert FORMAT_1["format"] == 1
    assert wrong(FORMAT_1) == []
    assert len(read.records) == len(FORMAT_1["records"]) > 3
    assert read.records[0].keys == tuple(FORMAT_1["records"][0]["keys"])
    assert (read.earlier, read.idle_waivers, read.records[0].past) == ((), (), None)


def test_a_field_of_a_newer_writer_is_skipped() -> None:
    newer = run_json.plain(believable()) | {"weather": "fair"}

    assert run_json.parse(newer) == believable()


def test_a_value_of_another_kind_is_told_by_its_place() -> None:
    odd = json.loads(json.dumps(run_json.plain(believable())))
    odd["records"][2]["rows"] = "none"

    with pytest.raises(RunError, match=r"records\.2\.rows is not what it must be"):
        run_json.parse(odd)


def test_every_field_of_a_run_is_in_its_schema() -> None:
    assert {found.name for found in fields(Run)} <= set(SCHEMA["properties"])
