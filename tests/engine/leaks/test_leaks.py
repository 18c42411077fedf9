"""Nothing leaks: people and secrets of fifty kinds, in whatever a run writes or prints."""

import logging
import re
from pathlib import Path

import pytest

from engine.leaks import project
from engine.leaks.planted import AGGREGATES, CASTS, COLUMNS, ELSEWHERE, EVERYTHING
from fix_database import Database
from trueup.config import find_project
from trueup.history import folder
from trueup.report import show, site
from trueup.report.mask import is_mask
from trueup.suite import check, finish, item, metrics, safe, start, under_pytest

# Pytester forgets what was imported while it ran: imported here, each module exists only once.
IMPORTED = (finish, item, metrics, safe, start)

WORKERS = pytest.mark.parametrize("workers", [0, 2], ids=["alone", "workers"])


@pytest.fixture
def shop(pytester: pytest.Pytester, database: Database, monkeypatch) -> Path:
    """The project, in a folder that is named for a person, in front of all that is planted."""
    database.execute(project.TABLES)
    with database.connect() as connection:
        connection.execute(project.INSERT, project.GIVEN)
    database.cluster.wait_for_replay()
    home = pytester.path / ELSEWHERE["the project's folder"].value
    for name, text in {"trueup.toml": project.CONFIG, "fixes/shop/find.py": project.FIX}.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    (home / "invariants" / "shop").mkdir(parents=True)
    monkeypatch.chdir(home)
    monkeypatch.setenv("SHOP_REPLICA_URL", database.url())
    monkeypatch.setenv("SHOP_STRIPE_KEY", ELSEWHERE["a variable of the environment"].value)
    return home


def run(pytester: pytest.Pytester, home: Path, workers: int, **modules: str) -> list[str]:
    """Check these modules of invariants; gives all that was printed and written."""
    for name, text in modules.items():
        said = text if text in project.CRASHED.values() else project.HEAD + text
        (home / "invariants" / "shop" / f"{name}.py").write_text(said)
    asked = check.Asked(
        environment="staging", workers=workers, html=Path("page.html"), junit=Path("junit.xml")
    )
    found = find_project(home)
    result = pytester.runpytest(
        *under_pytest.arguments(found, asked, ("shop",)), "-p", "no:randomly"
    )
    runs = [folder.read(place) for place in folder.folders(home / "reports")]
    texts = [show.shown(one, form) for one in runs for form in show.FORMS]
    if runs:
        site.build(home / "reports", home / "site")
    written = [path for name in ("reports", "site") for path in (home / name).rglob("*.*")]
    written += [home / "page.html", home / "junit.xml"]
    texts += [path.read_text() for path in written if path.is_file()]
    # Where pytest itself wrote a file is said in the terminal of whoever asked, nowhere else.
    printed = re.sub(r"Generated html report: \S+|generated xml file: \S+", "", result.stdout.str())
    return [printed, result.stderr.str(), *texts]


def leaked(texts: list[str]) -> set[str]:
    """The kinds of what got out."""
    return {one.kind for one in EVERYTHING for form in one.forms for text in texts if form in text}


def written(home: Path):
    (found,) = folder.folders(home / "reports")
    return folder.read(found)


def test_more_than_fifty_kinds_are_planted() -> None:
    kinds = {one.kind for one in EVERYTHING}

    assert len(kinds) == len(EVERYTHING) > 50
    assert len(AGGREGATES) + len(CASTS) > 20


def test_what_got_out_would_be_seen() -> None:
    seen = [form for one in EVERYTHING for form in one.forms]

    assert leaked(seen) == {one.kind for one in EVERYTHING}


@WORKERS
def test_nothing_leaks_from_a_run_that_passes(pytester, shop, workers) -> None:
    texts = run(pytester, shop, workers, test_people=project.PASSING)

    assert leaked(texts) == set()
    assert [str(one.verdict) for one in written(shop).records] == ["holds"]
    assert len(texts) > 10


@WORKERS
def test_nothing_leaks_from_violations_and_from_what_could_not_be_looked_at(
    pytester, shop, workers
) -> None:
    modules = {"test_people": project.VIOLATED, "test_wrong": project.UNKNOWN}

    texts = run(pytester, shop, workers, **modules)

    assert leaked(texts) == set()
    records = {one.name: one for one in written(shop).records}
    everybody = records["nobody_is_here"].rows[0]
    assert [is_mask(cell) for cell in everybody] == [False] + [True] * len(COLUMNS)
    assert sum(map(is_mask, records["nothing_adds_up_to_a_person"].rows[0])) == len(AGGREGATES)
    assert sum(map(is_mask, records["no_row_is_made_of_people"].rows[0])) == 4
    unknown = [one for one in records.values() if one.verdict == "unknown"]
    assert len(unknown) >= len(CASTS) + 4


@WORKERS
def test_nothing_leaks_from_a_metric_that_fails_and_costs_no_verdict(
    pytester, shop, workers
) -> None:
    texts = run(pytester, shop, workers, test_people=project.PASSING, metrics=project.METRICS)

    assert leaked(texts) == set()
    found = written(shop)
    assert [str(one.verdict) for one in found.records] == ["holds"]
    assert ["ValueError" in found.metrics[0].reason, "SystemExit" in found.metrics[1].reason] == [
        True,
        True,
    ]


@WORKERS
def test_nothing_is_logged_where_a_project_has_pytest_show_or_keep_a_log(
    pytester, shop, workers
) -> None:
    (shop / "invariants" / "shop" / "test_people.py").write_text(project.HEAD + project.VIOLATED)
    (shop / "pytest.ini").write_text(
        "[pytest]\nlog_cli = true\nlog_level = DEBUG\nlog_file = log.txt\nlog_file_level = DEBUG\n"
    )

    result = pytester.runpytest("invariants", "--env", "staging", "-n", str(workers))

    texts = [result.stdout.str(), result.stderr.str(), (shop / "log.txt").read_text()]
    assert "what is logged" not in leaked(texts)
    assert "3 violated" in texts[0]
    assert logging.root.manager.disable == logging.NOTSET


@WORKERS
def test_nothing_leaks_from_a_run_that_crashed(pytester, shop, workers) -> None:
    texts = run(pytester, shop, workers, test_people=project.PASSING, **project.CRASHED)

    assert leaked(texts) == set()
    said = texts[0]
    for name in ("test_raises", "test_asserts", "test_syntax", "test_imports"):
        assert f"trueup: shop/{name}.py cannot be imported" in said
    assert "RuntimeError in line 1; its words are not shown" in said
    assert "there is no module 'no_such_module'" in said


def test_nothing_leaks_from_a_replica_that_cannot_be_reached(pytester, shop, monkeypatch) -> None:
    password = ELSEWHERE["the replica's password"].value
    monkeypatch.setenv("SHOP_REPLICA_URL", f"postgresql://u:{password}@127.0.0.1:9/x")

    texts = run(pytester, shop, 0, test_people=project.VIOLATED)

    assert leaked(texts) == set()
    assert {str(one.verdict) for one in written(shop).records} == {"unknown"}


def test_a_person_in_the_sql_itself_stops_the_report(pytester, shop) -> None:
    module = project.PASSING.replace("id < 0", "id < 0 or c1 = 'jane@people.example'")
    (shop / "invariants" / "shop" / "test_people.py").write_text(project.HEAD + module)
    asked = check.Asked(environment="staging")

    result = pytester.runpytest(*under_pytest.arguments(find_project(shop), asked, ("shop",)))

    result.stdout.fnmatch_lines(["*the report was not written*an e-mail address*"])
    assert folder.folders(shop / "reports") == []
