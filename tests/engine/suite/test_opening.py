"""`trueup check` as a process: the servers work while pytest loads, and nothing else is loaded."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from fix_database import Database
from fix_systems import GOODS, NOW, Opened, asking
from trueup.ahead.units import Question
from trueup.suite.ahead import Ahead
from trueup.suite.queue import Queue

BEGUN = """
import os
import time
from pathlib import Path

import psycopg

ASKED = (
    "select count(*) from pg_stat_activity"
    " where application_name like 'trueup/%' and query like '%advisory_unlock%'"
)


def pytest_sessionstart(session):
    until = time.monotonic() + PATIENCE
    with psycopg.connect(os.environ["SHOP_REPLICA_URL"], autocommit=True) as connection:
        while not (found := connection.execute(ASKED).fetchone()[0]) and time.monotonic() < until:
            time.sleep(0.01)
    Path("begun.txt").write_text("asked" if found else "")
"""
"""Waits until a transaction of the run has ended, before pytest has collected anything."""

PHASES = """
from pathlib import Path


def pytest_terminal_summary(terminalreporter):
    Path("phases.txt").write_text(str(len(terminalreporter.stats.get("", []))))
"""

IMPORTED = """
with open("imported.txt", "a") as said:
    said.write("once ")
"""


def check(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    trueup = Path(sys.executable).with_name("trueup")
    command = [str(trueup), "check", "shop", "--env", "staging", *words]
    return subprocess.run(
        command, cwd=folder, env=os.environ, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("words", "begun", "patience"),
    [([], "asked", 20), (["-k", "lost"], "", 1), (["-n", "1"], "", 1)],
)
def test_the_servers_are_asked_before_pytest_has_collected(
    pytester, shop: Database, words: list[str], begun: str, patience: int
) -> None:
    (pytester.path / "conftest.py").write_text(BEGUN.replace("PATIENCE", str(patience)))

    done = check(pytester.path, *words)

    assert done.returncode == 0, done.stdout + done.stderr
    assert (pytester.path / "begun.txt").read_text() == begun


def test_what_a_conftest_deselects_is_not_reported(pytester, shop: Database) -> None:
    (pytester.path / "conftest.py").write_text(
        "def pytest_collection_modifyitems(items):\n    del items[1:]\n"
    )

    done = check(pytester.path)

    assert done.returncode == 0
    assert "1 passed" in done.stdout


def test_only_what_is_kept_is_still_asked(
    database: Database, systems: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.execute(GOODS)
    monkeypatch.setattr("trueup.ahead.planned.WORTH", 0)  # each is a batch of its own
    asked = [asking(f"select id from goods where id = {n}", f"no_good_is_{n}") for n in (1, 2, 3)]
    monkeypatch.setattr(Queue, "more", lambda _: None)
    run = systems()
    nobody = run._aheads["shop"] = Ahead(run.sources["shop"], lambda: run.sources["shop"], 1)

    nobody.begin(asked, {"now": NOW, "settings": {}})
    nobody.keep({asked[1].id})

    left = [unit.rows.asked.sql for [unit] in nobody._queue._batches if isinstance(unit, Question)]
    assert left == ["select id from goods where id = 2"]
    assert nobody.outcome(asked[0]) is None


@pytest.mark.parametrize(
    ("learned", "order"),
    [
        ({}, ["wide", "narrow"]),
        ({"shop.narrow": 9.0, "shop.wide": 1.0}, ["narrow", "wide"]),
        ({"shop.narrow": 9.0}, ["narrow", "wide"]),
        ({"shop.narrow": 0.0}, ["wide", "narrow"]),
    ],
)
def test_what_took_longest_before_is_asked_first(
    database: Database,
    systems: Opened,
    monkeypatch: pytest.MonkeyPatch,
    learned: dict[str, float],
    order: list[str],
) -> None:
    database.execute(
        "create table wide as select n as id, repeat('w', 500) from generate_series(1, 500) n;"
        "create table narrow as select n as id from generate_series(1, 500) n;"
    )
    monkeypatch.setattr("trueup.ahead.planned.WORTH", 1e-6)
    asked = [asking(f"select id from {one} where id < 0", one, over=one) for one in sorted(order)]
    monkeypatch.setattr(Queue, "more", lambda _: None)
    run = systems()
    nobody = run._aheads["shop"] = Ahead(run.sources["shop"], lambda: run.sources["shop"], 1)

    nobody.begin(asked, {"now": NOW, "settings": {}}, lambda: learned)
    nobody.keep({one.id for one in asked})

    questions = [
        unit for batch in nobody._queue._batches for unit in batch if isinstance(unit, Question)
    ]
    assert [one.rows.asked.sql.split()[3] for one in questions] == order


def test_a_module_is_imported_once(pytester, shop: Database) -> None:
    shop.execute("update orders set status = 'lost' where id = 7")
    [module] = pytester.path.glob("invariants/shop/test_orders.py")
    module.write_text(module.read_text() + IMPORTED)

    done = check(pytester.path)

    assert done.returncode == 1
    assert (pytester.path / "imported.txt").read_text() == "once "


def test_a_module_that_breaks_is_shown_by_pytest_and_says_nothing_before(
    pytester, shop: Database
) -> None:
    (pytester.path / "invariants/shop/test_broken.py").write_text(
        'print("secret word")\nraise SystemExit("secret end")\n'
    )

    done = check(pytester.path)

    assert done.returncode == 2
    assert "test_broken.py" in done.stdout
    assert "secret" not in done.stdout + done.stderr


@pytest.mark.parametrize("strict", ["", "strict_config = true", "strict = true"])
def test_the_projects_own_words_for_pytest_are_not_said(
    pytester, shop: Database, strict: str
) -> None:
    words = [
        "[pytest]",
        "addopts = --of-a-plugin",
        "asyncio_mode = auto",
        "log_level = INFO",
        strict,
    ]
    (pytester.path / "pytest.ini").write_text("\n".join(words))

    done = check(pytester.path)

    assert done.returncode == 0
    assert "onfig" not in done.stdout + done.stderr


def test_a_hook_of_a_plugin_that_is_not_loaded_is_told(pytester, shop: Database) -> None:
    (pytester.path / "conftest.py").write_text("def pytest_html_report_title(report):\n    pass\n")

    done = check(pytester.path)

    assert done.returncode == 2
    assert done.stderr.startswith("ERROR: trueup: unknown hook 'pytest_html_report_title'")
    assert 'pytest_plugins = ["pytest_html.plugin"]' in done.stderr


def test_a_plugin_that_conftest_names_is_loaded(pytester, shop: Database) -> None:
    (pytester.path / "conftest.py").write_text(
        'pytest_plugins = ["pytest_metadata.plugin", "pytest_html.plugin"]\n\n\n'
        "def pytest_html_report_title(report):\n    pass\n"
    )

    assert check(pytester.path).returncode == 0


def test_pytest_keeps_no_report_that_says_nothing(pytester, shop: Database) -> None:
    (pytester.path / "conftest.py").write_text(PHASES)

    check(pytester.path)

    assert (pytester.path / "phases.txt").read_text() == "0"


def test_what_can_be_mended_is_one_line(pytester, shop: Database) -> None:
    done = check(pytester.path, "--as-of", "yesterday")

    assert done.returncode == 2
    assert done.stderr == "trueup: 'yesterday' is not an instant; write 2026-11-02T12:00:00Z\n"


def test_ctrl_c_ends_a_run_that_nobody_answers(pytester, shop: Database) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = deaf.getsockname()[1]
        url = f"postgresql://reader:secret@127.0.0.1:{port}/shop"
        running = subprocess.Popen(
            [str(Path(sys.executable).with_name("trueup")), "check", "--env", "staging"],
            cwd=pytester.path,
            env=os.environ | {"SHOP_REPLICA_URL": url},
            stderr=subprocess.PIPE,
            text=True,
        )
        with deaf.accept()[0]:  # it has connected, and waits for an answer
            running.send_signal(signal.SIGINT)
            _, said = running.communicate(timeout=15)  # a connection has twenty seconds

    # Pytest says so itself once it has begun, and that it was interrupted is its exit code.
    assert (running.returncode, said) in {(130, "trueup: stopped\n"), (2, "")}
