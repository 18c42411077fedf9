"""The pictures of the documents, taken anew: `cd tests && ../.venv/bin/python -m browser.shots`."""

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from browser.conftest import QUIET
from engine.history.month import last, month
from trueup.report import site, store

DOCS = Path(__file__).parents[2] / "docs"

LAPTOP, PHONE = {"width": 1180, "height": 2420}, {"width": 390, "height": 844}


def main() -> int:
    """Draw a month's last page and its site, and take their pictures."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.stderr.write("chromium is not here; apt-get install chromium\n")
        return 2
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        runs, out = Path(name) / "runs", Path(name) / "site"
        for run in month():
            store.write(run, runs)
        site.build(runs, out)
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        page = out / last().id / "index.html"
        _shoot(browser, page, "page.png", LAPTOP, "light")
        _shoot(browser, page, "page-dark.png", PHONE, "dark")
        _shoot(browser, out / "index.html", "site.png", LAPTOP | {"height": 900}, "light")
        browser.close()
    return 0


def _shoot(browser: Browser, file: Path, name: str, size: dict[str, int], scheme: str) -> None:
    context = browser.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]  # two literals, two numbers
    page = context.new_page()
    page.goto(file.as_uri())
    page.screenshot(path=DOCS / name)
    context.close()


if __name__ == "__main__":
    sys.exit(main())
