"""What a process loads: a run pays only for what it asks, and --help for nothing but words."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fix_database import Database
from fix_systems import GOODS

FILE = """
[systems.shop]
title = "Shop"
[systems.shop.settings]
admins = ["u1"]
[systems.shop.environments.staging]
replica = "SHOP_REPLICA_URL"
"""

INVARIANTS = '''
from trueup import invariant


@invariant(severity="P1", over="goods", fix="nothing")
def test_every_price_is_positive(replica):
    """It is sold for nothing."""
    return replica.rows("select id from goods where price <= 0")
'''

FIX = '"""Does nothing."""\n\nAT_MOST = 1\n\n\ndef plan(violations):\n    return iter(())\n'

SCRIPT = """
import os
import sys
from pathlib import Path
from trueup import leaving
first, leave = os.getpid(), leaving.leave
def said(code):
    name = "first" if os.getpid() == first else "second"
    Path(f"{name}.txt").write_text(" ".join(sys.modules))
    leave(code)
leaving.leave = said
from trueup.cli import main
sys.argv[0] = "trueup"
try:
    main()
except SystemExit as end:
    said(end.code)
"""
"""Each process says what it has loaded: of a check the first reports, and the second asks."""

NEVER = {"botocore", "httpx", "pydantic", "pydantic_core", "sqlalchemy", "stripe"}

EXPLAINS = {
    "trueup.replica.condition",
    "trueup.replica.index",
    "trueup.replica.plan",
    "trueup.suite.costs",
    "trueup.suite.slowest",
}
"""What only a run with something slow loads, or one with workers."""

REPORTS = {"jinja2", "pytest", "trueup.suite.elsewhere"}
ASKS = {"psycopg", "trueup.evaluate", "trueup.suite.opened"}
"""What either cannot do without, and the other need not load."""


@pytest.fixture
def shop(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one invariant, which holds, and which asks the database and nothing else."""
    database.execute(GOODS)
    monkeypatch.setenv("SHOP_REPLICA_URL", database.url())
    invariants, fixes = tmp_path / "invariants" / "shop", tmp_path / "fixes" / "shop"
    invariants.mkdir(parents=True)
    fixes.mkdir(parents=True)
    (tmp_path / "trueup.toml").write_text(FILE)
    (invariants / "test_goods.py").write_text(INVARIANTS)
    (fixes / "nothing.py").write_text(FIX)
    return tmp_path


IN_TURN = [
    "trueup.replica.connecting",
    "psycopg.types.numeric",
    "trueup.suite.sources",
    "trueup.suite.opened",
]
"""What connects, the rest of the driver, what proves a session, what asks."""


def loaded(folder: Path, *words: str) -> list[list[str]]:
    """The modules that each process has loaded, in turn, once it has done what the words say."""
    command = [sys.executable, "-c", SCRIPT, *words]
    subprocess.run(command, cwd=folder, env=os.environ, capture_output=True, check=True)
    said = [folder / name for name in ("first.txt", "second.txt")]
    return [one.read_text().split() for one in said if one.exists()]


def test_a_run_of_the_database_loads_nothing_of_what_it_does_not_ask(shop: Path) -> None:
    loaded(shop, "check", "shop", "--env", "staging")  # the next reads what this one wrote
    reports, asks = map(set, loaded(shop, "check", "shop", "--env", "staging"))

    assert reports >= REPORTS
    assert asks >= ASKS
    assert not reports & ASKS
    assert not asks & REPORTS
    for found in (reports, asks):
        assert not found & (NEVER | EXPLAINS)
        rooms = ("trueup.library", "trueup.primary", "trueup.sample")
        assert not {name for name in found if name.startswith(rooms)}
    assert len([*shop.glob("reports/*/index.html")]) == 2


def test_what_connects_and_what_proves_is_loaded_before_the_rest(shop: Path) -> None:
    _, asks = loaded(shop, "check", "shop", "--env", "staging")

    assert sorted(IN_TURN, key=asks.index) == IN_TURN


def test_the_catalog_is_listed_without_pydantic_and_without_pytest(shop: Path) -> None:
    [found] = map(set, loaded(shop, "list"))

    assert {"trueup.catalog", "trueup.config"} <= found
    assert not found & (NEVER | {"jinja2", "pytest"})


def test_help_loads_no_room_but_the_command_line(tmp_path: Path) -> None:
    [found] = map(set, loaded(tmp_path, "--help"))

    assert {"rich", "trueup.cli.checking"} <= found
    assert not found & (NEVER | {"jinja2", "psycopg", "pytest", "trueup.config", "trueup.catalog"})
