import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.report.runs import fix
from trueup.model.invariant import Invariant, Severity
from trueup.model.run import Cell
from trueup.model.verdict import Outcome, Verdict
from trueup.model.violation import Violation
from trueup.report import redact
from trueup.report.mask import MASKED, Mask
from trueup.report.redact import cells

ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.text(),
    st.binary(),
    st.datetimes(timezones=st.timezones() | st.none()),
    st.dates(),
    st.times(),
    st.timedeltas(),
    st.uuids(),
    st.lists(st.text()),
    st.dictionaries(st.text(), st.floats()),
)


def invariant(**more: Any) -> Invariant:
    declared = Invariant(
        ask=lambda replica: replica,
        harm="Somebody waits.",
        severity=Severity.P1,
        over={"ai_jobs": "ai_jobs"},
        fixes=("mend",),
        show=frozenset({"status"}),
        system="studybuddy",
        name="every_ai_job_ends",
        path="invariants/studybuddy/test_ai_jobs.py",
        line=7,
    )
    return replace(declared, **more)


def outcome(*rows: Mapping[str, object], printable: frozenset[str] = frozenset({"id"})) -> Outcome:
    return Outcome(
        verdict=Verdict.VIOLATED,
        violations=[
            Violation("every_ai_job_ends", (str(next(iter(r.values()))),), r) for r in rows
        ],
        count=len(rows),
        printable=printable,
        judged={"ai_jobs": 10_000},
        seconds=0.25,
        sql=("select id from ai_jobs",),
    )


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (None, None),
        (True, True),
        (7, 7),
        (1.5, 1.5),
        (float("nan"), "nan"),
        (Decimal("1E+3"), "1000"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (datetime(2026, 1, 2, 5, 0, 1, 999, timezone(timedelta(hours=2))), "2026-01-02T03:00:01Z"),
        (datetime(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05"),  # noqa: DTZ001  # a timestamp without time zone has none
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=2))), "0001-01-01T00:00:00+02:00"),
        (date(2026, 1, 2), "2026-01-02"),
        (time(3, 4, 5, 6), "03:04:05"),
        (timedelta(minutes=5), "0:05:00"),
        (b"\x00\xff", "\\x00ff"),
        ({"a": [Decimal(1)]}, '{"a": ["1"]}'),
        ("x" * 300, "x" * 199 + "…"),
    ],
)
def test_an_allowed_value_is_printed_as_text_or_number(value: object, printed: Cell) -> None:
    assert cells({"it": value}, ["it"], {"it"}) == (printed,)


@pytest.mark.parametrize("value", ["jane@example.com", b"jane", {"mail": "jane"}, ["jane"], 7])
def test_a_value_that_is_not_allowed_is_masked(value: object) -> None:
    assert cells({"it": value}, ["it"], {"other"}) == (MASKED,)


def test_nothing_is_nothing_whether_allowed_or_absent() -> None:
    assert cells({"it": None}, ["it", "gone"], set()) == (None, None)


def test_a_value_that_reads_like_the_mask_is_not_taken_for_one() -> None:
    assert cells({"it": "masked"}, ["it"], {"it"}) == ("'masked'",)
    assert cells({"it": "masked 0123abcd"}, ["it"], {"it"}) == ("'masked 0123abcd'",)


def test_with_a_key_the_same_person_is_recognised_and_not_named() -> None:
    mask = Mask(b"a key of the project")

    (one,), (same,), (other,) = (
        cells({"it": who}, ["it"], (), mask) for who in ("jane", "jane", "joan")
    )

    assert one == same != other
    assert "jane" not in str(one)


@given(ANYTHING)
def test_any_allowed_value_becomes_json(value: object) -> None:
    printed = cells({"it": value}, ["it"], {"it"})

    assert json.loads(json.dumps(printed, allow_nan=False)) == list(printed)


def test_a_value_cannot_command_the_terminal_or_turn_the_text_around() -> None:
    assert cells({"it": "\x1b[31mred\n\u202elive"}, ["it"], {"it"}) == (
        "\\x1b[31mred\\n\\u202elive",
    )


def test_a_record_shows_its_key_what_is_printable_and_what_it_may_show() -> None:
    row = {"ref": "k1", "id": 3, "status": "running", "error": "Jane Doe failed"}

    found = redact.record(invariant(), outcome(row), ())

    assert found.columns == ("ref", "id", "status", "error")
    assert found.rows == (("k1", 3, "running", MASKED),)


def test_a_declared_key_takes_the_place_of_the_first_column() -> None:
    row = {"mail": "jane@example.com", "ref": "k1"}

    found = redact.record(invariant(key=("ref",)), outcome(row, printable=frozenset()), ())

    assert found.rows == ((MASKED, "k1"),)


def test_a_record_samples_rows_and_names_more_keys() -> None:
    rows: list[dict[str, object]] = [{"id": number} for number in range(1200)]

    found = redact.record(invariant(), outcome(*rows), ())

    assert (len(found.rows), len(found.keys), found.count) == (50, 1000, 1200)


def test_a_key_of_any_length_is_kept_short_and_is_no_other() -> None:
    rows = ({"id": "x" * 1_000_000 + end} for end in "ab")

    found = redact.record(invariant(), outcome(*rows), ())

    assert [len(key) < 1100 for key in found.keys] == [True, True]
    assert found.keys[0] != found.keys[1]


def test_rows_with_different_columns_share_one_table() -> None:
    found = redact.record(invariant(), outcome({"id": 1, "a": "x"}, {"id": 2, "b": "y"}), ())

    assert found.columns == ("id", "a", "b")
    assert found.rows == ((1, MASKED, None), (2, None, MASKED))


@pytest.mark.parametrize(
    ("path", "printed"),
    [
        ("/home/jo/invariants/app/invariants/shop/test_x.py", "invariants/shop/test_x.py"),
        ("/home/jo/app/fixes/shop/mend.py", "fixes/shop/mend.py"),
        ("/opt/lib/python3.13/trueup/keys.py", "keys.py"),
        ("invariants/shop/test_x.py", "invariants/shop/test_x.py"),
    ],
)
def test_a_record_has_no_path_of_this_machine(path: str, printed: str) -> None:
    mending = replace(fix("mend", "Mend it."), path=path)

    found = redact.record(invariant(path=path), outcome(), (mending,))

    assert (found.path, found.fixes[0].path) == (printed, printed)


def test_an_outcome_keeps_its_counts_and_its_question() -> None:
    found = redact.record(invariant(), outcome({"id": 1}), ())

    assert (found.judged, found.seconds, found.sql) == (
        {"ai_jobs": 10_000},
        0.25,
        ("select id from ai_jobs",),
    )
    assert (found.id, found.severity) == ("studybuddy.every_ai_job_ends", "P1")
