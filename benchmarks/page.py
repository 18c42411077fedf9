"""
What the page of a very bad day takes to open: 500 violated invariants, 50 rows of each.

Until the document is there and its script has run, in a headless Chromium, against the same page
without style and script; medians of `--rounds` in turn. Bounds: 1 s, and twice the bare one.
"""

import argparse
import random
import re
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from browser.conftest import QUIET
from engine.report.runs import bad_day
from trueup.report.page import page

INVARIANTS, ROWS = 500, 50
BOUND_S, BOUND_RATIO = 1.0, 2.0
DRESS = re.compile(r"<(style|script)\b.*?</\1>", re.DOTALL)
OPENED = """() => {
    const [it] = performance.getEntriesByType("navigation");
    return it.domContentLoadedEventEnd - it.startTime;
}"""


def main() -> int:
    """Measure, print, and fail where a bound does not hold."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("chromium is not here; apt-get install chromium")
    parser = argparse.ArgumentParser(description="What a very bad day's page takes to open.")
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        files = written(Path(folder))
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        took = measured(browser, files, rounds)
        browser.close()
        size = files["page"].stat().st_size
    opens, ratio = took["page"] / 1000, took["page"] / took["bare"]
    print(f"bounds: {BOUND_S:g} s, {BOUND_RATIO:g}; a page of {size / 1e6:.1f} MB")
    print(f"opens_s={opens:.2f} ratio={ratio:.2f}")
    return 0 if opens < BOUND_S and ratio < BOUND_RATIO else 1


def written(folder: Path) -> dict[str, Path]:
    """The page as it is, and without its style and script."""
    whole = page(bad_day(INVARIANTS, ROWS))
    texts = {"page": whole, "bare": DRESS.sub("", whole)}
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in texts}


def measured(browser: Browser, files: dict[str, Path], rounds: int) -> dict[str, float]:
    """Milliseconds until each is there, the middle of so many rounds in an order drawn anew."""
    took: dict[str, list[float]] = {name: [] for name in files}
    for _ in range(rounds):
        for name in random.sample(list(files), len(files)):
            took[name].append(opened(browser, files[name]))
    return {name: median(each) for name, each in took.items()}


def opened(browser: Browser, file: Path) -> float:
    """Milliseconds of one opening, in a context of its own."""
    context = browser.new_context()
    shown = context.new_page()
    shown.goto(file.as_uri())
    milliseconds: float = shown.evaluate(OPENED)
    context.close()
    return milliseconds


if __name__ == "__main__":
    sys.exit(main())
