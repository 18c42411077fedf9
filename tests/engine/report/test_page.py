import base64
import hashlib
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser
from time import process_time
from urllib.parse import unquote

import pytest
from msgspec.structs import replace

from engine.history.month import last
from engine.history.runs import history
from engine.report.morning import COST, METRICS, NOT_APPLICABLE, VIOLATED, believable, quiet
from engine.report.runs import HOSTILE, bad_day, hostile, record, run, stuck
from trueup.history.compared import compared
from trueup.history.past import remembered
from trueup.model.cost import CostRecord, SlowRecord
from trueup.model.run import Mended, Run, SystemRecord
from trueup.model.verdict import Verdict
from trueup.report.page import page

PREPARED = """
import jinja2
read = []
found = jinja2.Environment.get_template
jinja2.Environment.get_template = lambda self, name, *a: read.append(name) or found(self, name, *a)
from trueup.report.page import page, prepare
prepare()
before = set(read)
from engine.history.month import last
page(last())
print(sorted(set(read) - before))
"""

VOID = {"br", "link", "meta", "path", "rect", "wbr"}
Attributes = dict[str, str | None]


class Outline(HTMLParser):
    """A document's elements and its text; fails where a tag is closed that was not open."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, Attributes]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(document)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def of(self, tag: str) -> list[Attributes]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.mark.parametrize(
    "drawn",
    [believable(), quiet(), hostile(), run([]), bad_day(3, 2)],
    ids=["believable", "quiet", "hostile", "empty", "bad"],
)
def test_every_tag_is_closed_and_every_id_is_its_own(drawn: Run) -> None:
    outline = Outline(page(drawn))

    ids = [attributes["id"] for _, attributes in outline.elements if "id" in attributes]
    assert outline.open == []
    assert len(ids) == len(set(ids))


def test_every_address_is_a_place_in_the_page_or_a_file_beside_it() -> None:
    outline = Outline(page(believable()))
    ids = {attributes.get("id") for _, attributes in outline.elements}

    links = [str(attributes["href"]) for attributes in outline.of("a")]

    assert all(link[1:] in ids for link in links if link.startswith("#"))
    assert {link.split("/")[0] for link in links if not link.startswith("#")} == {"..", "run.json"}


def test_a_violation_links_its_fix_its_runbook_and_where_it_is_declared() -> None:
    links = [attributes["href"] for attributes in Outline(page(run([stuck(1)]))).of("a")]

    assert "../../fixes/studybuddy/fail_stuck_ai_jobs.py" in links
    assert "../../docs/runbooks/studybuddy.md#stuck-ai-jobs" in links
    assert f"../../{stuck(1).path}" in links


def test_the_policy_allows_this_style_and_this_script_and_nothing_else() -> None:
    document = page(believable())
    policy = next(
        str(meta["content"])
        for meta in Outline(document).of("meta")
        if meta.get("http-equiv") == "Content-Security-Policy"
    )
    for kind, tag in (("style", "style"), ("script", "script")):
        body = re.findall(f"<{tag}>(.*?)</{tag}>", document, re.DOTALL)
        digest = hashlib.sha256(body[0].encode()).digest()

        assert len(body) == 1
        assert f"{kind}-src 'sha256-{base64.b64encode(digest).decode()}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_no_element_has_a_style_or_a_handler_that_the_policy_would_refuse() -> None:
    attributes = {name for _, found in Outline(page(hostile())).elements for name in found}

    assert not {name for name in attributes if name == "style" or name.startswith("on")}


@pytest.mark.parametrize(
    ("drawn", "title", "colour"),
    [
        (believable(), "5 violated, 1 unknown – StudyBuddy, production", "#b3261e"),
        (run([record("a", Verdict.UNKNOWN)]), "1 unknown – StudyBuddy, production", "#8a5a00"),
        (quiet(), "everything holds – StudyBuddy, production", "#1d6b40"),
    ],
    ids=["violated", "unknown", "holds"],
)
def test_title_and_favicon_show_the_verdict(drawn: Run, title: str, colour: str) -> None:
    outline = Outline(page(drawn))

    assert title in outline.text
    assert colour in unquote(str(outline.of("link")[0]["href"]))


def test_the_worst_severity_comes_first() -> None:
    found = [str(a["id"]) for a in Outline(page(believable())).of("article") if "id" in a]

    assert found[0] == "studybuddy.every_active_subscription_names_its_stripe_subscription"
    assert found[-1] == "studybuddy.no_query_runs_longer_than_five_minutes"
    assert len(found) == 6


def test_a_violation_has_all_that_somebody_needs_to_mend_it() -> None:
    text = Outline(page(run([stuck(12)]))).text

    for said in (
        "Every running ai job is younger than five minutes",
        "Its worker is gone",
        "12 violations, of 10,000 ai_jobs judged.",
        "Showing 5 of 12",
        "7 more rows",
        stuck(12).fixes[0].command,
        "fixes/studybuddy/fail_stuck_ai_jobs.py",
        "Can be undone: applying it prints the trueup undo command",
        "ai-platform",
        "docs/runbooks/studybuddy.md#stuck-ai-jobs",
        "where status = 'running' and updated_at < :deadline",
    ):
        assert said in text


def test_a_fix_that_cannot_be_undone_says_why() -> None:
    assert "Cannot be undone: the provider has already been told to stop." in page(believable())


def test_a_cap_a_mask_and_a_missing_value_are_each_told_in_words() -> None:
    text = Outline(page(run(VIOLATED))).text

    assert "10,000+ violations" in text
    assert "masked stands for text that a report may not print." in text
    assert "null" in text


def test_sections_that_have_nothing_are_left_out() -> None:
    headings = re.findall(r"<h2[^>]*>(.*?)</h2>", page(quiet()))

    assert headings == ["Not applicable", "Holds", "Metrics", "How this run was made"]


def test_when_everything_holds_the_page_says_so_and_stays_useful() -> None:
    text = Outline(page(quiet())).text

    assert "Everything that must be true is true." in text
    assert "23 invariants looked and found nothing to mend." in text
    assert "4,210 course_files" in text


def test_a_run_without_a_verdict_is_no_good_news() -> None:
    text = Outline(page(run([]))).text

    assert "Nothing was judged." in text
    assert "nothing to mend" not in text


def test_a_system_that_was_not_read_or_was_read_from_its_primary_is_told_at_the_top() -> None:
    down = SystemRecord(name="a", title="Away", reason="its replica refused the connection")
    primary = SystemRecord(name="b", title="Branch", server="a primary", primary_allowed=True)

    text = page(run([record("a", Verdict.UNKNOWN)], systems=(down, primary)))
    top = text[text.index("<h1>") : text.index("<main")]

    assert "<strong>Away could not be read: its replica refused the connection.</strong>" in top
    assert "<strong>Branch was read from its primary" in top


def test_metrics_are_numbers_charts_and_tables() -> None:
    text = Outline(page(quiet())).text
    away = replace(METRICS[0], points=(), reason="the statement timed out")

    assert "94.36 %" in text
    assert "12,480.50 USD" in text
    assert "past_due" in text
    assert "Could not be measured: the statement timed out." in page(run([], metrics=(away,)))


def test_what_does_not_apply_says_why() -> None:
    assert NOT_APPLICABLE.reason in Outline(page(believable())).text


def test_hostile_values_are_text() -> None:
    outline = Outline(page(hostile()))

    assert HOSTILE in outline.text
    assert len(outline.of("script")) == 1
    assert outline.of("img") == []


def test_a_waived_violation_has_its_own_section() -> None:
    text = Outline(page(run([record("a_thing_is_so", Verdict.WAIVED, reason="until May")]))).text

    assert "Waived, with the reason" in text
    assert "until May" in text


def test_rows_that_have_no_room_are_counted_beside_those_that_are_folded() -> None:
    assert "5 more rows, and no room for 40 others" in page(bad_day(invariants=300, rows=50))


def test_a_very_bad_day_still_makes_a_small_page_soon() -> None:
    worst = bad_day(invariants=500, rows=50)
    started = process_time()

    document = page(worst)

    assert process_time() - started < 2
    assert len(document.encode()) < 3_000_000
    assert document.count("<article") == 500


def test_what_was_mended_since_the_last_run_is_said_with_its_proof() -> None:
    mended = Mended(
        system="studybuddy",
        entry=7,
        at=datetime(2026, 11, 20, 3, 12, tzinfo=UTC),
        fix="fail_stuck_ai_jobs",
        undoes=None,
        by="ada",
        approved_by="bob",
        rows=3,
        calls=1,
        alterations=0,
        proofs=(
            "every_running_ai_job_is_younger_than_five_minutes: holds, transaction",
            "every_ai_job_has_a_course: violated, transaction",
            "no_job_is_lost: violated, replica",
            "every_ai_job_has_a_user: violated, transaction",
        ),
    )
    since = datetime(2026, 11, 20, tzinfo=UTC)

    text = Outline(page(run([record("it_holds")], mended=(mended,), mended_since=since))).text

    assert "Mended since the last run" in text
    assert "since 2026-11-20 00:00:00 UTC" in text
    assert "studybuddy.fail_stuck_ai_jobs" in text
    assert "3 rows, 1 call" in text
    assert "ada, approved by bob" in text
    assert (
        "every_running_ai_job_is_younger_than_five_minutes: holds, transaction;"
        " no_job_is_lost: violated, replica; 2 invariants violated as before"
    ) in text
    assert "Mended since" not in Outline(page(run([record("it_holds")]))).text


def test_what_changed_since_the_last_run_comes_before_what_is_violated() -> None:
    document = page(last())
    text = Outline(document).text

    assert document.index('id="changes"') < document.index('id="violated"')
    assert "Since the last run, as of 2026-11-19 06:23:41 UTC: 1 new, 4 ongoing" in text
    for heading in ("New", "Resolved", "Flapping", "Moving", "Violated invariants, run by run"):
        assert f'<h3 class="change">{heading}</h3>' in document
    assert "since 2026-11-02 06:23:41 UTC, 18 days; 1 is new and 1 is gone" in text.lower().replace(
        "utc", "UTC"
    )


def test_the_list_at_the_top_says_what_is_worst_and_for_how_long() -> None:
    document = page(last())
    glance = Outline(document[document.index("<nav") : document.index("</nav>")]).text.split()
    said = " ".join(glance)

    assert "P0 violated Every active subscription names its stripe subscription new, 2" in said
    assert "Every running ai job is younger than five minutes 12 violations, for 18 days" in said


def test_a_run_without_earlier_ones_says_nothing_of_changes() -> None:
    text = Outline(page(believable())).text

    assert "Since the last run" not in text
    assert "first seen" not in text


def test_waivers_say_reason_day_and_people_and_those_that_ended_or_matched_nothing_too() -> None:
    text = Outline(page(last())).text

    assert "support still sorts these out, by hand" in text
    assert "2026-12-18 (Europe/Berlin)" in text
    assert "Waiver that ended" in text
    assert "ended with 2026-11-14 (Europe/Berlin), so it counts again" in text
    assert "Waivers that matched nothing" in text
    assert "1 key of studybuddy.every_course_belongs_to_a_user" in text


def test_a_bad_day_with_a_month_behind_it_stays_small() -> None:
    worst = bad_day(invariants=500, rows=50)
    started = process_time()

    document = page(remembered(worst, compared(history(lambda: worst, 30)[::-1])))

    assert process_time() - started < 6
    assert len(document.encode()) < 3_000_000
    assert document.count("first seen") >= 500
    assert document.count('class="strip"') == 500


def costing(cost: CostRecord | None) -> Run:
    """A run over one system that cost this."""
    return run([stuck(1)], systems=(SystemRecord(name="studybuddy", title="Study", cost=cost),))


def cost_of(drawn: Run) -> str:
    """The text of the section on cost."""
    found = page(drawn).partition('aria-labelledby="cost"')[2].partition("</section>")[0]
    return said(f"<section {found}")


def said(drawn: str) -> str:
    """The text, a space where a tag was."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", drawn)).split())


def test_the_cost_to_production_is_told_with_the_slowest_their_plans_and_the_index() -> None:
    told = cost_of(believable())

    assert "StudyBuddy 4 31 at least 1,240,318 at least 48,211 3.4 s 4.9 s" in told
    assert "1.3 s Every running ai job is younger than five minutes 3 lines, below" in told
    assert "700 ms 5 invariants in one scan:" in told
    assert "create index concurrently on public.ai_jobs (updated_at) where status = 'run" in told
    assert "it is made on the primary of StudyBuddy" in told
    assert "Parallel Seq Scan on public.ai_jobs" in told


def test_what_was_counted_exactly_is_told_so() -> None:
    told = cost_of(costing(replace(COST, at_least=False, slowest=())))

    assert "1,240,318" in told
    assert "at least" not in told.lower()
    assert "Nothing took a server longer than 0.5 s." in told


def test_a_run_of_an_earlier_trueup_tells_no_cost() -> None:
    assert 'id="cost"' not in page(costing(None))


def test_a_slow_one_without_a_plan_is_told_all_the_same() -> None:
    slow = SlowRecord(invariants=("studybuddy.a_thing_of_yore",), seconds=31.0)

    assert "31.0 s studybuddy.a_thing_of_yore was not to be had" in cost_of(
        costing(replace(COST, slowest=(slow,)))
    )


def test_a_scan_of_many_rules_names_the_first() -> None:
    many = tuple(f"studybuddy.rule_{n}" for n in range(40))
    told = cost_of(costing(replace(COST, slowest=(SlowRecord(invariants=many, seconds=2.0),))))

    assert "studybuddy.rule_11" in told
    assert "studybuddy.rule_12" not in told
    assert "and 28 more" in told


def test_hostile_names_in_a_plan_are_text() -> None:
    slow = SlowRecord(invariants=(HOSTILE,), seconds=2.0, plan=(HOSTILE, HOSTILE), index=HOSTILE)
    outline = Outline(page(costing(replace(COST, slowest=(slow,)))))

    assert outline.open == []
    assert len(outline.of("script")) == 1
    assert outline.of("img") == []


def test_how_long_a_violated_one_took_is_told() -> None:
    assert "Time 21 ms" in said(page(run([stuck(1)])))


def test_what_draws_a_page_can_be_read_before_there_is_a_run() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PREPARED],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "[]\n"
