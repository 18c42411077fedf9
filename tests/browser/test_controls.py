"""Filtering, ordering and sorting, with a script; without one everything is there to be read."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from browser.opened import Opened
from engine.history.month import FLAPPING, last
from engine.report.runs import bad_day, run, stuck

Look = Callable[..., Opened]

SHOWN = """[...document.querySelectorAll('article.violated')].filter((a) => !a.hidden)
    .map((a) => a.querySelector('h3').textContent)"""


@pytest.fixture
def page(look: Look) -> Page:
    """The last day of a month, with its script."""
    return look(last(), script=True).page


def test_without_a_script_there_are_no_controls(look: Look) -> None:
    opened = look(last())

    assert opened.page.locator("form, button").count() == 0
    assert opened.page.locator("[hidden]").count() == 0


def test_a_verdict_that_is_chosen_hides_the_others_and_their_headings(page: Page) -> None:
    page.get_by_label("Verdict", exact=True).select_option("waived")

    assert page.get_by_role("heading", name="Waived").is_visible()
    assert not page.get_by_role("heading", name="Holds").is_visible()
    assert page.locator("output").inner_text() == "1 of 30 invariants"


def test_what_is_new_is_found_by_its_change(page: Page) -> None:
    page.get_by_label("Change", exact=True).select_option("new")

    assert page.evaluate(SHOWN) == ["Every active subscription names its stripe subscription"]


def test_text_is_looked_for_in_all_of_an_invariant(page: Page) -> None:
    page.get_by_label("Text", exact=True).fill("Generate_Plan")

    assert page.evaluate(SHOWN) == ["Every running ai job is younger than five minutes"]


def test_a_link_to_what_is_filtered_away_shows_it(page: Page) -> None:
    page.get_by_label("Severity", exact=True).select_option("P0")
    link = page.locator("#changes ~ ul").get_by_text(FLAPPING.replace("_", " ").capitalize())

    link.first.click()

    row = page.locator(f"#studybuddy\\.{FLAPPING}")
    row.wait_for(state="visible")
    assert page.get_by_label("Severity", exact=True).input_value() == ""


def test_show_all_shows_all(page: Page) -> None:
    page.get_by_label("Text", exact=True).fill("nothing has these words")
    assert page.evaluate(SHOWN) == []

    page.get_by_role("button", name="Show all").click()
    page.locator("article.violated").first.wait_for(state="visible")

    assert len(page.evaluate(SHOWN)) == 4


def test_violated_invariants_are_ordered_as_asked(page: Page) -> None:
    page.get_by_label("Order", exact=True).select_option("most violations")
    assert page.evaluate(SHOWN)[0] == "Every ai job belongs to a user"

    page.get_by_label("Order", exact=True).select_option("oldest first")
    assert page.evaluate(SHOWN)[-1] == "Every active subscription names its stripe subscription"


def test_a_table_is_sorted_by_its_column_and_says_so(page: Page) -> None:
    table = page.locator("table.holding")
    button = table.get_by_role("button", name="Judged")

    button.click()
    button.click()

    assert table.locator("th[aria-sort]").get_attribute("aria-sort") == "descending"
    judged = [cell.split()[0] for cell in table.locator("td:nth-child(3)").all_inner_texts()]
    numbers = [int(one.replace(",", "")) for one in judged]
    assert numbers == sorted(numbers, reverse=True)


def test_the_sql_can_be_copied(look: Look) -> None:
    opened = look(run([stuck(1)]), script=True, permissions=["clipboard-read", "clipboard-write"])
    opened.page.get_by_text("The SQL").click()

    opened.page.get_by_role("button", name="Copy the SQL").click()
    opened.page.get_by_text("Copied").wait_for()

    assert "updated_at < :deadline" in opened.page.evaluate("navigator.clipboard.readText()")


def test_a_very_bad_day_can_be_filtered(look: Look) -> None:
    opened = look(bad_day(500, 50), script=True)

    opened.page.get_by_label("Text", exact=True).fill("kind_77 ")
    opened.page.get_by_label("Text", exact=True).fill("kind 77 ")

    assert opened.page.locator("output").inner_text() == "1 of 500 invariants"
