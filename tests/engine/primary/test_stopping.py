"""Ctrl-C at a verb that mends, while it waits for the database."""

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fix_database import Database
from patience import until
from trueup.cli.mending import _goes_on
from trueup.primary import journal_schema
from trueup.replica.dsn import Dsn

TRUEUP = str(Path(sys.executable).with_name("trueup"))

CONFIG = """
[systems.shop]
title = "Shop"

[systems.shop.environments.staging]
replica = "SHOP_REPLICA_URL"
primary = "SHOP_PRIMARY_URL"
"""

INVARIANTS = '''
    from trueup import invariant

    @invariant(severity="P1", over="jobs", fix="settle")
    def test_no_job_is_running(replica):
        """Somebody waits."""
        return replica.rows("select id from jobs where status = 'running'")

    @invariant(severity="P1", over="jobs", fix="wait")
    def test_a_slow_one(replica):
        """Nobody waits for it."""
        return replica.rows(
            "select id from jobs where"
            " (select max(a * b) from generate_series(1, 9999) a, generate_series(1, 999999) b) < 0"
        )
'''

SETTLE = '''
    """Fail the job."""

    from trueup import Update

    AT_MOST = 10

    def plan(violations):
        for one in violations:
            yield Update("jobs", key={"id": one["id"]}, set={"status": "failed"})
'''

WAIT = '''
    """Wait."""

    AT_MOST = 10

    def plan(violations):
        return iter(())
'''

ASLEEP = "select count(*) from pg_stat_activity where query like '%generate_series(1, 999999)%'"


@pytest.fixture
def folder(
    pytester: pytest.Pytester, shop: Database, admin_dsn: Dsn, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A project in front of the shop, in which a job runs."""
    journal_schema.install(admin_dsn, "trueup_fixer")
    shop.execute("update jobs set status = 'running' where id = 1")
    monkeypatch.setenv("SHOP_REPLICA_URL", shop.url())
    monkeypatch.setenv("SHOP_PRIMARY_URL", shop.url("trueup_fixer", "primary"))
    (pytester.path / "trueup.toml").write_text(CONFIG)
    names = ("invariants/shop/test_jobs", "fixes/shop/settle", "fixes/shop/wait")
    pytester.makepyfile(**dict(zip(names, (INVARIANTS, SETTLE, WAIT), strict=True)))
    return pytester.path


def stopped(folder: Path, shop: Database, words: list[str], presses: int) -> str:
    """What a verb says at Ctrl-C while it waits for the slow one, on standard error."""
    with (
        shop.connect() as connection,
        subprocess.Popen(
            [TRUEUP, *words], cwd=folder, env=os.environ, text=True, stderr=subprocess.PIPE
        ) as verb,
    ):
        until(lambda: connection.execute(ASLEEP).fetchone() == (2,))  # and this question itself
        for _ in range(presses):
            verb.send_signal(signal.SIGINT)
            time.sleep(0.5)  # two at once would be one
        _, said = verb.communicate(timeout=30)
    assert verb.returncode == 130, said
    return str(said)


def test_a_plan_says_that_nothing_was_changed(folder: Path, shop: Database) -> None:
    said = stopped(folder, shop, ["plan", "shop.wait", "--env", "staging"], 1)

    assert said.endswith("trueup: stopped; nothing was changed\n")
    assert "Traceback" not in said


def test_an_apply_says_where_to_see_what_was_committed(folder: Path, shop: Database) -> None:
    plan = [TRUEUP, "plan", "shop.settle", "--env", "staging", "--out", "plan.json"]
    subprocess.run(plan, cwd=folder, env=os.environ, check=True, stdout=subprocess.DEVNULL)

    said = stopped(folder, shop, ["apply", "plan.json", "--no-witness"], 2)

    assert said.endswith(
        "trueup: stopped; what was committed is in the journal:"
        " `trueup journal show --system shop --env staging`\n"
    )
    with shop.connect() as connection:
        assert connection.execute("select status from jobs where id = 1").fetchone() == ("running",)


def test_who_leaves_the_question_after_a_canary_has_said_no(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))

    assert not _goes_on()
