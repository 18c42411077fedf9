"""A run in its other forms: each within the limits of whoever reads it, none with a row."""

import json
import re
from xml.etree.ElementTree import Element, fromstring

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from engine.history.month import last, month
from engine.report.morning import COST, UNKNOWN, VIOLATED, believable, quiet
from engine.report.runs import HOSTILE, bad_day, hostile, record, run, stuck
from trueup.cli.verbs import app
from trueup.errors import RunError
from trueup.model.run import FixRecord, Run
from trueup.model.verdict import Verdict
from trueup.report import annotations, junit, markdown, openmetrics, show, slack, store

ODD = replace(hostile(), metrics=())
RUNS = {"month": last(), "quiet": quiet(), "hostile": ODD, "empty": run([]), "bad": bad_day(500, 5)}

EVERY_RUN = pytest.mark.parametrize("drawn", RUNS.values(), ids=RUNS)


@EVERY_RUN
@pytest.mark.parametrize("form", show.FORMS)
def test_no_form_has_a_cell_of_a_row_beside_its_key(drawn: Run, form: str) -> None:
    text = show.shown(drawn, form)

    for found in drawn.records:
        for row in found.rows:
            cells = [cell for cell in row[1:] if isinstance(cell, str) and len(cell) > 20]
            assert not any(cell in text for cell in cells if HOSTILE not in cell)


def test_a_secret_in_a_run_stops_each_form_that_would_tell_it() -> None:
    leaking = run([replace(UNKNOWN, reason="ask jane@example.com")])

    for form in ("markdown", "annotations", "slack", "junit"):
        with pytest.raises(RunError, match="would hold an e-mail address"):
            show.shown(leaking, form)


def test_a_form_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(RunError, match="'pdf' is no form of a run; it is one of text, markdown"):
        show.shown(quiet(), "pdf")


@pytest.mark.parametrize("place", ["", last().id, f"{last().id}/run.json"])
def test_the_newest_run_of_a_folder_is_shown_or_the_one_that_is_named(tmp_path, place: str) -> None:
    for one in month()[-2:]:
        store.write(one, tmp_path)

    asked = ["report", "show", str(tmp_path / place), "--format", "markdown"]
    found = CliRunner().invoke(app, asked)

    assert found.exit_code == 0
    assert found.output == markdown.summary(last())


def test_the_summary_says_what_is_new_what_is_violated_and_how_to_mend_it() -> None:
    text = markdown.summary(last(), "https://example.com/page")

    assert text.startswith("## 4 of 30 invariants are violated, and 1 is unknown.")
    assert "[The whole page](https://example.com/page)" in text
    assert "- New: Every active subscription names its stripe subscription" in text
    assert "since 2026-11-02 06:23:41 UTC, 18 days" in text
    assert f"    {VIOLATED[0].fixes[0].command}\n" in text
    assert "pg\\_stat\\_activity is hidden" in text
    assert "matched nothing; take it out of waivers.toml" in text


def test_the_summary_is_markdown_and_nothing_else() -> None:
    text = markdown.summary(ODD)

    prose = [line for line in text.splitlines() if not line.startswith("    ")]
    assert not re.search(r"(?<!\\)<", "\n".join(prose))
    table = [line for line in text.splitlines() if line.startswith("| P")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table} == {6}


def _fix(number: int, long: str) -> FixRecord:
    return FixRecord(name="x", path="x", summary=long, command=f"{number} {long}"[:2000])


def test_the_summary_of_the_worst_of_days_is_below_its_limit() -> None:
    long = "\U0001d4b3" * 3000
    worst = [
        replace(stuck(1), name=f"n{number}_{long}", harm=long, fixes=(_fix(number, long),))
        for number in range(400)
    ]
    unknown = [replace(UNKNOWN, name=f"u{n}", reason=long, remedy=long) for n in range(400)]

    text = markdown.summary(run([*worst, *unknown]))

    assert 500_000 < len(text.encode()) < 2**20
    assert text.endswith("There is more, on the page.\n")


def test_the_summary_tells_what_the_run_cost() -> None:
    text = markdown.summary(believable())

    assert (
        "- StudyBuddy: at least 1,240,318 rows and 48,211 blocks read in 31 transactions on"
        " 4 connections" in text
    )
    assert "- 1.3 s: Every running ai job is younger than five minutes" in text
    assert "      create index concurrently on public.ai_jobs (updated_at) where" in text
    assert "Cost to production" not in markdown.summary(quiet())


def test_an_index_on_an_odd_name_does_not_break_out_of_its_block() -> None:
    found = believable()
    slow = replace(COST.slowest[0], index='create index on "a\n\n# b" (c)')
    systems = tuple(replace(one, cost=replace(COST, slowest=(slow,))) for one in found.systems)

    assert "# b" not in markdown.summary(replace(found, systems=systems))


def test_annotations_stay_within_what_a_step_shows() -> None:
    lines = annotations.annotations(bad_day(25, 1))
    kinds = [line.split(" ", 1)[0] for line in lines]

    assert kinds == ["::error"] * 10
    assert lines[-1] == "::error title=and more::16 more are on the page and in the summary"


def test_grave_violations_are_errors_and_the_rest_are_warnings() -> None:
    lines = annotations.annotations(believable())

    assert [line.split(" ", 1)[0] for line in lines] == ["::error"] * 3 + ["::warning"] * 3
    assert "file=invariants/studybuddy/test_subscriptions.py,line=22" in lines[0]


def test_what_fails_no_run_is_no_annotation() -> None:
    excused = [replace(stuck(1), known="x"), replace(UNKNOWN, maintenance="Mondays")]

    assert annotations.annotations(run(excused)) == []


def test_a_value_cannot_make_an_annotation_of_its_own() -> None:
    odd = record("a", Verdict.UNKNOWN, reason="x\n::error::owned\r100%", path="a,b:c.py")

    (line,) = annotations.annotations(run([odd]))

    assert "\n" not in line
    assert "x%0A::error::owned%0D100%25" in line
    assert "file=a%2Cb%3Ac.py" in line


SAMPLE = re.compile(r'(\w+)\{((?:\w+="(?:[^"\\\n]|\\[\\"n])*",?)+)\} (-?[0-9.e+]+)')


@EVERY_RUN
def test_the_exposition_is_what_the_format_allows(drawn: Run) -> None:
    text = openmetrics.exposition(drawn)

    *lines, end = text.removesuffix("\n").split("\n")
    assert end == "# EOF"
    family, seen = "", set()
    for line in lines:
        if line.startswith("# TYPE "):
            family = line.split(" ")[2]
            assert family not in seen, "a family must stand together"
            seen.add(family)
        elif line.startswith("# UNIT "):
            assert family.endswith("_" + line.split(" ")[3])
        elif not line.startswith("# HELP "):
            found = SAMPLE.fullmatch(line)
            assert found, line
            assert found[1] == family


def test_no_sample_is_told_twice_and_one_state_is_true() -> None:
    lines = openmetrics.exposition(last()).splitlines()
    names = [line.rpartition(" ")[0] for line in lines if not line.startswith("#")]
    states = [line for line in lines if line.startswith("trueup_verdict{")]

    assert len(names) == len(set(names))
    assert sum(line.endswith(" 1") for line in states) == len(last().records)


def test_the_numbers_of_a_run_are_there() -> None:
    text = openmetrics.exposition(last())
    stuck_jobs = 'invariant="every_running_ai_job_is_younger_than_five_minutes",severity="P1"}'

    assert (
        f'trueup_violations{{environment="production",system="studybuddy",{stuck_jobs} 12' in text
    )
    assert f"{stuck_jobs} {18 * 86400}" in text
    assert 'metric="subscriptions",label="active"} 212' in text


def test_what_a_server_was_asked_for_is_told_where_it_was_measured() -> None:
    measured, cost = believable(), COST
    text = openmetrics.exposition(measured)
    [of] = [system.name for system in measured.systems]
    server = f'{{environment="production",system="{of}"}}'

    assert f"trueup_server_connections{server} {cost.connections}" in text
    assert f"trueup_server_rows_read{server} {cost.rows}" in text
    assert f"trueup_server_blocks_read{server} {cost.blocks}" in text
    assert f"trueup_server_waited_seconds{server} {cost.seconds:.15g}" in text
    assert f"trueup_server_longest_snapshot_seconds{server} {cost.longest_snapshot:.15g}" in text
    assert "trueup_server_connections{" not in openmetrics.exposition(run([UNKNOWN]))


def test_of_what_is_unknown_no_number_is_claimed() -> None:
    text = openmetrics.exposition(run([UNKNOWN]))

    assert "trueup_violations{" not in text
    assert 'trueup_verdict="unknown"} 1' in text


@EVERY_RUN
def test_a_message_stays_within_what_slack_takes(drawn: Run) -> None:
    told = json.loads(slack.message(drawn, "https://example.com/page"))

    assert len(told["blocks"]) <= 50
    texts = [block["text"]["text"] for block in told["blocks"] if "text" in block]
    assert all(0 < len(text) <= 3000 for text in texts)
    assert len(texts[0]) <= 150
    assert sum(map(len, texts)) < 12_000
    assert "<script" not in str(told)


def test_a_message_has_what_is_new_first_and_the_command() -> None:
    told = json.loads(slack.message(last(), "https://example.com/page"))
    texts = [block["text"]["text"] for block in told["blocks"] if block["type"] == "section"]

    assert texts[0] == "*Since the last run:* 1 new, 4 ongoing, 2 resolved"
    assert texts[1].startswith("*New* P0 Every active subscription")
    assert f"`{VIOLATED[1].fixes[0].command}`" in texts[1]
    assert texts[-1] == "<https://example.com/page|The whole page>"


def read(drawn: Run) -> Element:
    return fromstring(junit.document(drawn))  # noqa: S314  # our own, a line before


@EVERY_RUN
def test_the_xml_is_read_by_any_reader_and_counts_right(drawn: Run) -> None:
    suites = read(drawn)

    for suite in suites:
        for kind, counted in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert len(suite.findall(f"testcase/{kind}")) == int(suite.attrib[counted])
    assert len(suites.findall("*/testcase")) == len(drawn.records)


def test_the_xml_has_properties_and_since_when() -> None:
    case = read(last()).find("*/testcase")

    told = {one.attrib["name"]: one.attrib["value"] for one in case.iter("property")}
    assert told["fix"] == "fixes/studybuddy/fail_stuck_ai_jobs.py"
    assert told["owner"] == "ai-platform"
    assert told["since"] == "since 2026-11-02 06:23:41 UTC, 18 days"


def test_a_message_of_long_commands_is_cut_before_slack_refuses_it() -> None:
    worst = [
        replace(stuck(1), name=f"n{number}", fixes=(_fix(number, "x" * 900),))
        for number in range(20)
    ]

    told = json.loads(slack.message(run(worst)))

    texts = [block["text"]["text"] for block in told["blocks"] if "text" in block]
    assert 9_000 < sum(map(len, texts)) < 12_000
    assert texts[-1] == "And more: see the page."


def test_in_xml_what_fails_no_run_is_skipped_and_says_why() -> None:
    excused = [replace(stuck(1), known="r1"), replace(UNKNOWN, maintenance="Mondays")]

    suites = read(run(excused))

    assert [one.attrib["message"] for one in suites.iter("skipped")] == [
        "violated, known since the run r1",
        "unknown in maintenance: Mondays",
    ]
    assert list(suites.iter("failure")) == list(suites.iter("error")) == []
