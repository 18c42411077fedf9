import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace

from browser.opened import Opened
from engine.report.morning import UNKNOWN, VIOLATED, believable, quiet
from engine.report.runs import HOSTILE, NOW, bad_day, hostile, run, stuck
from trueup.model.run import SystemRecord

Look = Callable[..., Opened]

PHONE = {"width": 360, "height": 740}
PAPER = {"width": 720, "height": 1000}
"""About what the margins leave of a sheet."""

CONTRAST = Path(__file__).with_name("contrast.js").read_text(encoding="utf-8")


def test_without_a_script_every_violation_its_sample_and_its_command_can_be_read(
    look: Look,
) -> None:
    text = look(believable()).text

    for found in VIOLATED:
        assert found.statement.capitalize() in text
        assert all(fix.command in text and fix.path in text for fix in found.fixes)
        assert all(str(cell) in text for row in found.rows[:5] for cell in row if cell is str(cell))
    assert UNKNOWN.reason[1:] in text
    assert "10,000 ai_jobs" in text


@pytest.mark.parametrize("script", [False, True], ids=["without-script", "with-script"])
def test_the_page_asks_for_nothing_but_itself_and_has_no_errors(
    look: Look, *, script: bool
) -> None:
    opened = look(believable(), script=script)

    assert opened.console == []
    assert [url for url in opened.asked if not url.startswith("data:")] == [opened.page.url]


@pytest.mark.parametrize(
    "drawn", [believable(), quiet(), hostile(), bad_day(12), run([])],
    ids=["believable", "quiet", "hostile", "bad", "empty"],
)  # fmt: skip
def test_on_a_phone_only_tables_scroll_sideways_never_the_page(look: Look, drawn: object) -> None:
    opened = look(drawn, viewport=PHONE)

    assert opened.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("drawn", [believable(), quiet()], ids=["believable", "quiet"])
def test_all_text_has_enough_contrast(look: Look, drawn: object, scheme: str) -> None:
    found = look(drawn, script=True, color_scheme=scheme).page.evaluate(CONTRAST)

    assert found["measured"] > 100
    assert found["weak"] == []


def test_dark_is_dark_and_light_is_light(look: Look) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"

    light = look(quiet(), color_scheme="light").page.evaluate(paper)
    dark = look(quiet(), color_scheme="dark").page.evaluate(paper)

    assert (light, dark) == ("rgb(252, 251, 249)", "rgb(21, 23, 26)")


def test_what_is_folded_opens_with_a_click_and_is_open_on_paper(look: Look) -> None:
    opened = look(run([stuck(12)]))
    question, last = "updated_at < :deadline", stuck(12).keys[-1]
    assert question not in opened.text

    opened.page.get_by_text("The SQL").click()
    assert question in opened.text
    assert last not in opened.text

    opened.page.emulate_media(media="print")
    assert last in opened.text


def test_paper_has_no_buttons(look: Look) -> None:
    opened = look(believable(), script=True)
    assert opened.page.locator("button").first.is_visible()

    opened.page.emulate_media(media="print")

    assert not any(button.is_visible() for button in opened.page.locator("button:not(.sort)").all())


def test_a_wide_table_fits_on_paper(look: Look) -> None:
    wide = replace(
        stuck(7),
        columns=tuple(f"the_column_{number}" for number in range(10)),
        rows=(("4445b069-56a0-ec47-a272-456a5a955c1f",) * 10,) * 7,
    )
    page = look(run([wide]), viewport=PAPER).page

    page.emulate_media(media="print")

    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER["width"]


def test_a_head_that_is_printed_again_has_its_words(look: Look) -> None:
    page = look(believable(), script=True).page

    page.emulate_media(media="print")

    shown = (
        "[...document.querySelectorAll('th button')].map((one) => getComputedStyle(one).display)"
    )
    assert set(page.evaluate(shown)) == {"contents"}


def test_no_word_in_the_margin_of_a_sheet_is_broken(look: Look) -> None:
    names = ["StudyBuddy", "Cursor Venture Companion", "AIAS Platform", "IELTS EQ", "InterviewLab"]
    systems = tuple(SystemRecord(name=name, title=name) for name in names)
    drawn = run([replace(stuck(1), system=name) for name in names], systems=systems)
    page = look(drawn, viewport=PAPER).page

    page.emulate_media(media="print")

    broken = """[...document.querySelectorAll('.margin')].filter((one) => {
        one.style.overflowWrap = 'normal';
        return one.scrollWidth > one.clientWidth;
    }).map((one) => one.textContent)"""
    assert page.evaluate(broken) == []


def test_headings_are_in_order_and_there_is_one_title(look: Look) -> None:
    names = "[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map((h) => Number(h.tagName[1]))"

    levels = look(believable()).page.evaluate(names)

    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(below <= above + 1 for above, below in pairwise(levels))


def test_each_table_has_a_caption_and_each_heading_cell_a_scope(look: Look) -> None:
    page = look(believable()).page

    assert page.locator("table").count() > 8
    assert page.locator("table:not(:has(caption))").count() == 0
    assert page.locator("th:not([scope])").count() == 0


def test_each_landmark_is_there_once_and_each_region_has_a_name(look: Look) -> None:
    page = look(believable()).page

    assert [page.get_by_role(role).count() for role in ("main", "banner", "contentinfo")] == [1] * 3
    assert page.get_by_role("navigation", name="Violated and unknown").count() == 1
    assert page.locator('[role="region"]:not([aria-label])').count() == 0
    assert page.locator('[role="region"]:not([tabindex="0"])').count() == 0


def test_a_chart_is_an_image_with_a_name_and_a_description(look: Look) -> None:
    charts = look(believable()).page.get_by_role("img", name="Extractions per day")

    assert charts.count() == 1
    assert "7 values, from 64 to 251." in str(charts.first.text_content())


def test_the_keyboard_reaches_the_verdicts_first(look: Look) -> None:
    page = look(believable()).page

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the verdicts"
    assert page.locator(".skip").bounding_box()["x"] >= 0

    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"


def test_a_link_at_the_top_leads_to_its_invariant(look: Look) -> None:
    page = look(believable(), viewport=PHONE).page

    page.get_by_role("navigation").get_by_text("No disabled user has a live ai job").click()

    place = page.locator("#studybuddy\\.no_disabled_user_has_a_live_ai_job").bounding_box()
    assert place is not None
    assert 0 <= place["y"] < PHONE["height"]


def test_a_wide_table_scrolls_by_keyboard(look: Look) -> None:
    page = look(run([stuck(3)]), viewport=PHONE).page
    region = page.get_by_role("region", name="All 3 violations")

    region.focus()
    deadline = time.monotonic() + 10
    while not page.evaluate("document.activeElement.scrollLeft > 0"):
        assert time.monotonic() < deadline, "the arrow keys do not scroll the table"
        page.keyboard.press("ArrowRight")  # a key that comes before the first frame is dropped


def test_the_copy_button_copies_the_command_as_it_is(look: Look) -> None:
    opened = look(run([stuck(1)]), script=True, permissions=["clipboard-read", "clipboard-write"])

    opened.page.get_by_role("button", name="Copy the command").click()
    opened.page.get_by_text("Copied").wait_for()

    assert opened.page.evaluate("navigator.clipboard.readText()") == stuck(1).fixes[0].command


def test_without_a_script_one_click_selects_the_whole_command(look: Look) -> None:
    page = look(run([stuck(1)])).page

    page.locator("pre.command").click(click_count=2)

    assert page.evaluate("getSelection().toString().trim()") == stuck(1).fixes[0].command


def test_hostile_values_do_nothing(look: Look) -> None:
    opened = look(hostile(), script=True)

    assert opened.console == []
    assert opened.page.title() != "owned"
    assert opened.page.locator("img").count() == 0
    assert [url for url in opened.asked if not url.startswith("data:")] == [opened.page.url]
    assert HOSTILE in opened.text


def test_the_policy_stops_a_script_that_got_into_the_page(look: Look) -> None:
    opened = look(quiet(), script=True)

    opened.page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'),"
        " { textContent: 'document.title = \"owned\"' }))"
    )

    assert opened.page.title() != "owned"
    assert "Content Security Policy" in "".join(opened.console)


def test_a_page_whose_next_run_never_came_says_so(look: Look) -> None:
    long_ago = replace(believable(), due=NOW.replace(year=2020))
    one_day = replace(believable(), due=NOW.replace(year=2999))
    said = "That has passed: look for a newer run"

    assert said in look(long_ago, script=True).text
    assert said not in look(one_day, script=True).text
    without = look(long_ago).text
    assert "the next run is due by 2020-" in without
    assert said not in without
