"""pytest-html for real: its own process, its own hooks, and what ends up in its file."""

import html
import json
import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from engine.report.runs import HOSTILE, hostile, record, stuck
from trueup.model.verdict import Verdict
from trueup.report import links, pytest_html

TESTS = Path(__file__).parents[2]

HOOKS = """
    import pytest
    from engine.report import morning, runs

    from trueup.model.run_json import text
    from trueup.suite.record import carried
    from trueup.report import links, pytest_html

    FOUND = {one.name: one for one in (*morning.believable().records, *runs.hostile().records)}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(item, call):
        report = yield
        if call.when == "call" and item.name.removeprefix("test_") in FOUND:
            report.trueup = text(FOUND[item.name.removeprefix("test_")])
        return report

    def pytest_html_results_table_header(cells):
        pytest_html.header(cells)

    def pytest_html_results_table_row(report, cells):
        pytest_html.row(carried(report), report.nodeid, report.duration, cells)

    def pytest_html_results_table_html(report, data):
        if carried(report):
            pytest_html.silence(data)

    def pytest_html_results_summary(prefix):
        pytest_html.summary(prefix, morning.believable())

    class Controller:
        @pytest.hookimpl(tryfirst=True)
        def pytest_runtest_logreport(self, report):
            if found := carried(report):
                report.extras = pytest_html.extras(
                    found, "../reports/a/index.html", links.Links(source="../")
                )

    def pytest_configure(config):
        if not hasattr(config, "workerinput"):
            config.pluginmanager.register(Controller(), "controller")
"""

SUITE = """
    def test_every_running_ai_job_is_younger_than_five_minutes():
        jane = "jane@example.com"
        assert not jane

    def test_no_query_runs_longer_than_five_minutes():
        raise ValueError("jane@example.com")

    def test_every_user_has_a_profile():
        print("jane@example.com")

    def test_no():
        assert False

    def test_that_is_no_invariant():
        pass
"""


@pytest.fixture(scope="module", params=["0", "2"], ids=["alone", "workers"])
def written(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> str:
    """The file that pytest-html wrote, without and with workers."""
    folder = tmp_path_factory.mktemp("suite")
    (folder / "conftest.py").write_text(dedent(HOOKS))
    (folder / "test_suite.py").write_text(dedent(SUITE))
    (folder / "pytest.ini").write_text(f"[pytest]\npythonpath = {TESTS}\n")
    words = ["-p", "no:trueup", "-p", "no:randomly", "-p", "no:cacheprovider", "-n", request.param]
    words += ["--html=report.html", "--self-contained-html"]
    done = subprocess.run([sys.executable, "-m", "pytest", *words], cwd=folder, check=False)
    assert done.returncode == 1
    return (folder / "report.html").read_text(encoding="utf-8")


def rows(document: str) -> dict[str, dict[str, Any]]:
    """Each test's row by its name, as the file's own script reads it."""
    blob = re.search(r'data-jsonblob="([^"]*)"', document)
    assert blob is not None
    tests = json.loads(html.unescape(blob.group(1)))["tests"]
    return {node.rpartition("test_")[2]: found[-1] for node, found in tests.items()}


def test_each_row_has_our_columns_in_the_order_of_the_header(written: str) -> None:
    titles = re.findall(r"<th[^>]*>([^<]*)</th>", written[: written.index("<footer>")])
    found = rows(written)["every_running_ai_job_is_younger_than_five_minutes"]

    cells = [re.sub("<[^>]*>", "", cell) for cell in found["resultsTableRow"]]
    assert titles == [
        "Result", "Severity", "Verdict", "Invariant", "Violations", "Judged", "Seconds", "Links",
    ]  # fmt: skip
    assert cells == [
        "Failed",
        "P1",
        "violated",
        "studybuddy.every_running_ai_job_is_younger_than_five_minutes",
        "12 violations",
        "10,000 ai_jobs",
        "0.021",
        "pagefixrunbook",  # with space between, by pytest-html's own style
    ]


def test_a_row_opens_on_the_harm_the_sample_the_fix_and_the_page(written: str) -> None:
    found = rows(written)["every_running_ai_job_is_younger_than_five_minutes"]

    (detail,) = [extra["content"] for extra in found["extras"] if extra["format_type"] == "html"]
    assert "Its worker is gone" in detail
    assert stuck(12).keys[0] in detail
    assert "fixes/studybuddy/fail_stuck_ai_jobs.py" in detail
    assert html.escape(stuck(1).fixes[0].command) in detail
    assert 'href="../reports/a/index.html#studybuddy.every_running' in detail
    assert 'href="../fixes/studybuddy/fail_stuck_ai_jobs.py"' in detail
    assert 'href="../docs/runbooks/studybuddy.md#stuck-ai-jobs"' in detail
    urls = [extra["content"] for extra in found["extras"] if extra["format_type"] == "url"]
    assert urls[1:] == [
        "../fixes/studybuddy/fail_stuck_ai_jobs.py",
        "../docs/runbooks/studybuddy.md#stuck-ai-jobs",
    ]


def test_no_log_and_no_traceback_reaches_the_file(written: str) -> None:
    invariants = [found for name, found in rows(written).items() if "studybuddy" in str(found)]

    assert len(invariants) == 4
    assert {found["log"] for found in invariants} == {""}
    assert "jane@" not in written


def test_an_unknown_has_its_reason_and_no_fix(written: str) -> None:
    found = rows(written)["no_query_runs_longer_than_five_minutes"]

    assert "unknown" in found["resultsTableRow"][2]
    assert "pg_stat_activity is hidden" in found["extras"][0]["content"]
    assert "Fix:" not in found["extras"][0]["content"]


def test_a_test_that_is_no_invariant_has_as_many_cells(written: str) -> None:
    lengths = {len(found["resultsTableRow"]) for found in rows(written).values()}

    assert lengths == {8}
    assert "test_that_is_no_invariant" in rows(written)["that_is_no_invariant"]["testId"]


def test_hostile_values_are_escaped_wherever_pytest_html_takes_markup(written: str) -> None:
    found = rows(written)["no"]

    drawn = "".join([*found["resultsTableRow"], *(e["content"] for e in found["extras"])])
    assert html.escape("<script>") in drawn
    assert "<script" not in drawn
    assert "<img" not in drawn


def test_the_summary_tells_the_verdict_that_pytests_counts_hide(written: str) -> None:
    assert "5 of 30 invariants are violated, and 1 is unknown." in written


def test_the_summary_tells_what_the_run_cost(written: str) -> None:
    assert "Cost to production: StudyBuddy: at least 1,240,318 rows and 48,211 blocks" in written


def test_cells_sort_by_number_and_by_the_worst_verdict() -> None:
    few, many = ["", "", "", ""], ["", "", "", ""]

    pytest_html.row(stuck(9), "n", 0.1, few)
    pytest_html.row(stuck(12), "n", 0.1, many)
    holds = ["", "", "", ""]
    pytest_html.row(record("a", Verdict.HOLDS, "P0"), "n", 0.1, holds)

    assert few[4] < many[4]
    assert few[2].split("<!--")[1] < holds[2].split("<!--")[1]


def test_a_link_cannot_carry_markup() -> None:
    made = pytest_html.extras(
        hostile().records[0], f"../{HOSTILE}/index.html", links.Links(source=HOSTILE)
    )

    assert [one["name"] for one in made] == [None, "page", "fix", "runbook"]
    assert not any("<script" in str(one["content"]) for one in made)
