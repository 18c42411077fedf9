import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from engine.history.month import RESOLVED, last, month
from engine.history.runs import at, broken, sound
from engine.report.morning import believable
from engine.report.runs import run
from engine.report.test_page import Outline
from trueup.cli.verbs import app
from trueup.errors import RunError
from trueup.model.run import Mended
from trueup.model.verdict import Verdict
from trueup.report import site, store
from trueup.report.template import asset

STUCK = "studybuddy.every_running_ai_job_is_younger_than_five_minutes"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of a month, and of one run of staging."""
    folder = tmp_path_factory.mktemp("site")
    for one in month():
        store.write(one, folder / "runs")
    store.write(replace(believable(), environment="staging", selection=""), folder / "runs")
    site.build(folder / "runs", folder / "out", source="https://example.com/blob/main/")
    return folder / "out"


def read(place: Path) -> str:
    return place.read_text(encoding="utf-8")


def test_the_index_has_each_system_in_each_environment_and_every_run(built: Path) -> None:
    text = Outline(read(built / "index.html")).text

    assert "Violated: 4 in production and 5 in staging." in text
    assert "The newest 30 runs of production" in text
    assert "1 new, 4 ongoing, 2 resolved" in text
    assert "since 2026-11-02 06:23:41 UTC, 18 days" in text


def test_a_page_an_invariant_tells_what_became_of_it(built: Path) -> None:
    document = read(built / "invariants" / "production" / f"{STUCK}.html")
    text = Outline(document).text

    for said in (
        "StudyBuddy, production",
        "Its worker is gone",
        "P1 violated",
        "Since 2026-11-02 06:23:41 UTC, 18 days",
        "trueup plan studybuddy.fail_stuck_ai_jobs",
        "ai-platform",
        "updated_at < :deadline",
        "What each run found, the newest first",
    ):
        assert said in text
    assert document.count('<th scope="row" class="whole">') == 30
    assert text.count("The fix") == 1
    assert "https://example.com/blob/main/fixes/studybuddy/fail_stuck_ai_jobs.py" in document


def addresses(document: str) -> Iterator[str]:
    yield from re.findall(r'href="([^"#]+)', document)


def test_every_link_of_the_site_leads_to_a_file_of_it(built: Path) -> None:
    pages = list(built.rglob("*.html"))
    dead = [
        (str(page.relative_to(built)), address)
        for page in pages
        for address in addresses(read(page))
        if not address.startswith(("data:", "https://example.com/"))
        and not (page.parent / unquote(address)).is_file()
    ]

    assert len(pages) > 60
    assert dead == []


def test_a_page_an_invariant_leads_to_no_place_that_it_has_not(built: Path) -> None:
    document = read(built / "invariants" / "production" / f"{STUCK}.html")

    places = set(re.findall(r'href="#([^"]+)"', document))
    assert places <= set(re.findall(r'id="([^"]+)"', document))


def test_every_page_is_well_formed_and_has_a_policy(built: Path) -> None:
    for page in (built / "index.html", *built.glob("invariants/*/*.html")):
        outline = Outline(read(page))
        assert outline.open == []
        assert any("Content-Security-Policy" in one.values() for one in outline.of("meta"))
        assert len(outline.of("h1")) == 1


def test_the_fixes_that_were_applied_stand_on_the_invariants_page(tmp_path: Path) -> None:
    one = Mended(
        system="studybuddy", entry=7, at=last().as_of, fix="fail_stuck_ai_jobs", undoes=None,
        by="ada", approved_by=None, rows=3, calls=0, alterations=0, proofs=(),
    )  # fmt: skip
    for made in month()[-2:]:
        store.write(replace(made, mended=(one,), mended_since=made.as_of), tmp_path / "runs")

    site.build(tmp_path / "runs", tmp_path / "out")

    document = read(tmp_path / "out" / "invariants" / "production" / f"{STUCK}.html")
    assert document.count("3 rows") == 1
    other = read(tmp_path / "out" / "invariants" / "production" / f"studybuddy.{RESOLVED}.html")
    assert "3 rows" not in other


def test_a_build_writes_only_what_has_changed(tmp_path: Path) -> None:
    for made in month()[:3]:
        store.write(made, tmp_path / "runs")
    first = site.build(tmp_path / "runs", tmp_path / "out")
    again = site.build(tmp_path / "runs", tmp_path / "out")
    store.write(month()[3], tmp_path / "runs")

    more = site.build(tmp_path / "runs", tmp_path / "out")

    assert (len(first.written), first.kept) == (len(again.kept), [])
    assert again.written == []
    assert [path for path in more.written if path.endswith("run.json")] == [
        f"{month()[3].id}/run.json"
    ]
    assert "index.html" in more.written
    assert f"{month()[0].id}/index.html" in more.kept


def test_a_page_that_is_gone_or_whose_links_change_is_written_again(tmp_path: Path) -> None:
    store.write(last(), tmp_path / "runs")
    site.build(tmp_path / "runs", tmp_path / "out")
    (tmp_path / "out" / "index.html").unlink()

    assert site.build(tmp_path / "runs", tmp_path / "out").written == ["index.html"]
    assert site.build(tmp_path / "runs", tmp_path / "out", source="x/").kept == []


TAKES_IN = re.compile(r'{% (?:extends|include|from) "([^"]+)"')


def test_every_template_that_a_page_takes_in_decides_whether_it_is_drawn_anew() -> None:
    taken = {name for template in site.ASSETS for name in TAKES_IN.findall(asset(template))}

    assert "cost.html.j2" in taken
    assert taken <= set(site.ASSETS)


def test_the_index_lists_systems_by_what_they_are_called(tmp_path: Path) -> None:
    made = run([broken(1)])
    [system] = made.systems
    other = replace(system, name="zoo", title="An aviary")
    store.write(replace(made, systems=(system, other), selection=""), tmp_path / "runs")

    site.build(tmp_path / "runs", tmp_path / "out")

    document = read(tmp_path / "out" / "index.html")
    assert system.name < other.name
    assert document.index("An aviary") < document.index(f">{system.title}<")


def test_only_the_newest_runs_stay_and_the_others_are_taken_away(tmp_path: Path) -> None:
    for one in month()[:4]:
        store.write(one, tmp_path / "runs")
    site.build(tmp_path / "runs", tmp_path / "out")

    made = site.build(tmp_path / "runs", tmp_path / "out", most=2)

    assert sorted(path for path in made.removed if path.endswith("index.html")) == [
        f"{one.id}/index.html" for one in month()[:2]
    ]
    assert not (tmp_path / "out" / month()[0].id).exists()
    assert (tmp_path / "out" / month()[3].id / "index.html").is_file()


def test_a_manifest_that_was_edited_takes_nothing_else_away(tmp_path: Path) -> None:
    store.write(last(), tmp_path / "runs")
    (tmp_path / "kept").write_text("kept")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / site.MANIFEST).write_text(json.dumps({"../kept": "x"}))

    site.build(tmp_path / "runs", tmp_path / "out")

    assert (tmp_path / "kept").read_text() == "kept"


def test_a_source_beside_the_site_is_reached_from_every_page(tmp_path: Path) -> None:
    store.write(last(), tmp_path / "reports")
    site.build(tmp_path / "reports", tmp_path / "reports" / "site", source="../../")

    pages = list((tmp_path / "reports" / "site").rglob("*.html"))
    reached = {
        (page.parent / unquote(address)).resolve()
        for page in pages
        for address in addresses(read(page))
        if "fixes/" in address
    }

    assert tmp_path / "fixes" / "studybuddy" / "fail_stuck_ai_jobs.py" in reached
    assert {place.parents[1] for place in reached} == {tmp_path / "fixes"}


def test_runs_that_were_made_without_history_are_compared_here(tmp_path: Path) -> None:
    for day, found in enumerate((sound(), broken(1), broken(1, 2))):
        store.write(at(day, found, selection=""), tmp_path / "runs")

    site.build(tmp_path / "runs", tmp_path / "out")

    assert "1 ongoing" in Outline(read(tmp_path / "out" / "index.html")).text


def test_a_run_that_was_cut_short_does_not_take_the_site_away(tmp_path: Path) -> None:
    store.write(last(), tmp_path / "runs")
    (tmp_path / "runs" / "20990101").mkdir()
    (tmp_path / "runs" / "20990101" / "run.json").write_text("{")

    words = ["report", "site", str(tmp_path / "runs"), "--out", str(tmp_path / "out")]

    done = CliRunner().invoke(app, words)

    assert done.stdout.endswith(f"{tmp_path}/out/index.html\n")
    assert done.stderr == (
        f"trueup: left out: '{tmp_path}/runs/20990101/run.json' is not JSON; it was cut short or"
        " edited\n"
    )


def test_where_no_run_can_be_read_the_newest_says_why(tmp_path: Path) -> None:
    for day in ("20990101", "20990102"):
        (tmp_path / "runs" / day).mkdir(parents=True)
        (tmp_path / "runs" / day / "run.json").write_text("[]")

    with pytest.raises(RunError, match=r"runs/20990102/run.json': the file is not a run"):
        site.build(tmp_path / "runs", tmp_path / "out")


def test_a_secret_in_a_run_stops_the_site(tmp_path: Path) -> None:
    page = store.write(last(), tmp_path / "runs")
    data = json.loads(page.with_name("run.json").read_text())
    data["records"][0]["harm"] = "ask jane@example.com"
    page.with_name("run.json").write_text(json.dumps(data))

    with pytest.raises(RunError, match="would hold an e-mail address"):
        site.build(tmp_path / "runs", tmp_path / "out")

    assert not list((tmp_path / "out").rglob("*.html"))


def test_a_name_that_would_lead_out_of_the_site_is_refused(tmp_path: Path) -> None:
    store.write(replace(run([broken(1)]), environment="../up"), tmp_path / "runs")

    with pytest.raises(RunError, match="is no name of a file"):
        site.build(tmp_path / "runs", tmp_path / "out")


def test_without_a_run_there_is_no_site(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="make one with `trueup check`"):
        site.build(tmp_path, tmp_path / "out")


def test_the_command_says_what_it_wrote_and_where(tmp_path: Path) -> None:
    store.write(last(), tmp_path / "runs")
    words = ["report", "site", str(tmp_path / "runs"), "--out", str(tmp_path / "out")]

    first, again = (CliRunner().invoke(app, words).output for _ in range(2))

    count = len(last().records) + 3
    assert (
        first
        == f"{count} pages written, 0 left as before, 0 taken away: {tmp_path}/out/index.html\n"
    )
    assert again.startswith(f"0 pages written, {count} left as before")


def test_a_run_that_was_stopped_hides_no_whole_one(tmp_path: Path) -> None:
    whole = [replace(one, selection="") for one in month()[-2:]]
    store.write(whole[0], tmp_path / "runs")
    held = tuple(one for one in whole[1].records if one.verdict is Verdict.HOLDS)
    store.write(replace(whole[1], records=held, stopped=True), tmp_path / "runs")

    site.build(tmp_path / "runs", tmp_path / "out")

    text = Outline(read(tmp_path / "out" / "index.html")).text
    violated = sum(one.verdict is Verdict.VIOLATED for one in whole[0].records)
    assert "stopped early" in text
    assert f"Violated: {violated} in production." in text
