"""
What a site costs to build: 30 runs of 110 invariants, then one run more.

The runs are drawn from a month at a system one could believe. Bounds: 5 s for the first build, 1 s
for the rebuild, 3 MB for the largest page; the exit code is 1 where one does not hold.
"""

import sys
import tempfile
from pathlib import Path
from time import perf_counter

from msgspec.structs import replace

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from engine.history.month import month
from trueup.history.compared import compared
from trueup.history.past import REMEMBERED, remembered
from trueup.model.run import Run
from trueup.report import site, store

INVARIANTS = 110
BUILD_S, REBUILD_S, PAGE_MB = 5.0, 1.0, 3.0


def widened(run: Run) -> Run:
    """The run with as many invariants as five systems have."""
    copies = [
        replace(record, name=f"{record.name}_{number}" if number else record.name)
        for number in range(INVARIANTS // len(run.records) + 1)
        for record in run.records
    ]
    return replace(run, records=tuple(copies[:INVARIANTS]), earlier=(), selection="")


def runs() -> list[Run]:
    """31 runs of 110 invariants, each remembering those before it."""
    made: list[Run] = []
    for run in month():
        made.append(remembered(widened(run), compared(reversed(made))))
    return made


def timed(folder: Path) -> float:
    """Build the site once; gives the seconds."""
    started = perf_counter()
    site.build(folder / "runs", folder / "site")
    return perf_counter() - started


def main() -> int:
    """Build, add a run, build again; says whether every bound holds."""
    *before, last = runs()
    with tempfile.TemporaryDirectory(prefix="trueup-site-") as name:
        folder = Path(name)
        for run in before:
            store.write(run, folder / "runs")
        first = timed(folder)
        store.write(last, folder / "runs")
        again = timed(folder)
        pages = [file.stat().st_size for file in (folder / "site").rglob("*.html")]
    page_mb = max(pages) / 1e6
    print(
        f"{len(before)} runs of {len(last.records)} invariants, then one more: {len(pages)} pages"
    )
    print(f"build_s={first:.2f} rebuild_s={again:.2f} page_mb={page_mb:.2f}")
    holds = first < BUILD_S and again < REBUILD_S and page_mb < PAGE_MB
    return 0 if holds and len(before) == REMEMBERED else 1


if __name__ == "__main__":
    sys.exit(main())
