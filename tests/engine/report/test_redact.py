import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from urllib.parse import quote, quote_plus
from uuid import UUID

import markupsafe
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.report.runs import fix
from trueup.model.invariant import Invariant, Severity
from trueup.model.run import Cell
from trueup.model.verdict import Outcome, Verdict
from trueup.model.violation import Violation
from trueup.report import redact
from trueup.report.redact import MASKED, cells, scrub

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
        (datetime(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05"),  # noqa: DTZ001 - a timestamp without time zone has none
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


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("postgresql://u:hunter2@db/x", "a connection string with its password"),
        ("key sk_live_4eC39HqLyjWDarjt", "a Stripe key"),
        ("key rk_test_4eC39HqLyjWDarjt", "a Stripe key"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8I", "a webhook's signing secret"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZSJ9.c2ln", "a JSON web token"),
        ("by jane.doe+x@mail.example.com now", "an e-mail address"),
        ("by jane%40example.com", "an e-mail address"),
        ("by مها@مثال.السعودية", "an e-mail address"),
    ],
)
def test_the_scrubber_names_the_kind_of_a_secret(text: str, kind: str) -> None:
    assert scrub(text) == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "set work_mem and risk_test_overrides",
        "no_secret_is_served_to_browsers looks for sk_live_ and whsec_",
        "@media print { a { color: red } } @invariant(severity='P1')",
        "https://example.com:5432/a@b at 2026-11-20T06:23:41Z, pytest@9.2.0",
        "eyJ is how a token starts; select '%@%' from auth.users",
    ],
)
def test_the_scrubber_leaves_plain_words_alone(text: str) -> None:
    assert scrub(text) == []


@pytest.mark.parametrize("secret", ['pä"ss w<o>rd/1', "hunter2hunter2", "it's&that%"])
@pytest.mark.parametrize("write", [str, quote, quote_plus, json.dumps, markupsafe.escape])
def test_a_known_password_is_found_however_it_is_written(
    secret: str, write: Callable[[str], str]
) -> None:
    assert scrub(f"said {write(secret)} there", [secret]) == ["a password of the configuration"]


def test_a_short_password_is_looked_for_only_where_a_password_stands() -> None:
    assert scrub("a pw is not told, and neither is an empty one", ["pw", ""]) == []
    assert "a password of the configuration" in scrub("u:pw@db", ["pw"])


def test_the_scrubber_is_done_with_a_large_text_in_no_time() -> None:
    text = "x" * 2_000_000 + "@" * 1000 + "a." * 100_000

    assert scrub(text, ["hunter2hunter2"]) == []


def test_an_outcome_keeps_its_counts_and_its_question() -> None:
    found = redact.record(invariant(), outcome({"id": 1}), ())

    assert (found.judged, found.seconds, found.sql) == (
        {"ai_jobs": 10_000},
        0.25,
        ("select id from ai_jobs",),
    )
    assert (found.id, found.severity) == ("studybuddy.every_ai_job_ends", "P1")
