"""What axe-core finds on a page: nothing, in each light and width."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe

from browser.opened import Opened
from engine.history.month import last
from engine.report.morning import quiet
from engine.report.runs import hostile, run
from trueup.model.run import Run

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
