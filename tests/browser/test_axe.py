"""What axe-core finds on a page: nothing, in each light and width."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from browser.opened import Opened
from engine.history.month import last, month
from engine.report.morning import quiet
from engine.report.runs import hostile, run
from trueup.model.run import Run
from trueup.report import site, store

Look = Callable[..., Opened]

OPTIONS = {"resultTypes": ["violations"]}


@pytest.mark.parametrize("width", [390, 1280], ids=["phone", "laptop"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "drawn", [last(), quiet(), hostile(), run([])], ids=["a month", "quiet", "hostile", "empty"]
)
def test_axe_finds_nothing(look: Look, drawn: Run, scheme: str, width: int) -> None:
    size = {"width": width, "height": 800}
    opened = look(drawn, script=True, color_scheme=scheme, viewport=size, bypass_csp=True)

    found = Axe().run(opened.page, options=OPTIONS)

    assert found.response["testEngine"]["name"] == "axe-core"
    assert [
        (one["id"], [node["html"][:120] for node in one["nodes"]])
        for one in found.response["violations"]
    ] == []


def test_axe_finds_what_is_wrong(look: Look) -> None:
    opened = look(quiet(), script=True, bypass_csp=True)
    opened.page.evaluate("document.documentElement.removeAttribute('lang')")

    found = Axe().run(opened.page, options=OPTIONS)

    assert [one["id"] for one in found.response["violations"]] == ["html-has-lang"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("place", ["index.html", "invariants/production/*young*.html"])
def test_axe_finds_nothing_on_a_site(
    browser: Browser, tmp_path: Path, place: str, scheme: Literal["light", "dark"]
) -> None:
    for made in month()[-3:]:
        store.write(made, tmp_path / "runs")
    site.build(tmp_path / "runs", tmp_path / "site")
    (file,) = (tmp_path / "site").glob(place)
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(file.as_uri())

    found = Axe().run(page, options=OPTIONS)
    context.close()

    assert [(one["id"], one["nodes"][0]["html"]) for one in found.response["violations"]] == []
