"""What a run holds back on the primary: nothing, once its snapshot is older than its age."""

import re

import psycopg
import pytest

from fix_database import Database
from fix_systems import FREE, GOODS, NOW, Opened
from patience import until
from trueup.model.verdict import Verdict
from trueup.sample import cluster as servers


def kept(database: Database) -> int:
    """How many dead rows a VACUUM of the primary must leave, since somebody may still see them."""
    said: list[str] = []
    with database.connect() as connection:
        connection.add_notice_handler(lambda notice: said.append(notice.message_primary or ""))
        connection.execute("vacuum (verbose) goods")
    [found] = re.findall(r"(\d+) are dead but not yet removable", " ".join(said))
    return int(found)


def held(database: Database) -> object:
    """The oldest transaction that the standby asks the primary to keep rows for."""
    with database.connect() as connection:
        row = connection.execute("select xmin from pg_replication_slots").fetchone()
    return row[0] if row else None


@pytest.mark.parametrize("feedback", ["on", "off"])
def test_a_run_keeps_no_dead_row_for_longer_than_its_snapshots_age(
    own: servers.Running, systems: Opened, feedback: str
) -> None:
    own.cluster.create_database("shop")
    database = Database(own.cluster, "shop")
    database.execute("create schema if not exists public;" + GOODS)
    with psycopg.connect(database.url("postgres", "standby"), autocommit=True) as standby:
        standby.execute(f"alter system set hot_standby_feedback = {feedback}".encode())
        standby.execute("select pg_reload_conf()")
    run = systems(database.url(), "snapshot_max_age = 3")
    assert run.outcome(FREE, NOW).verdict is Verdict.HOLDS

    if feedback == "on":
        until(lambda: held(database) is not None)
    database.execute("update goods set price = price + 1")
    during = kept(database)

    assert during == (20 if feedback == "on" else 0)
    until(lambda: kept(database) == 0, within=6)
    assert run.outcome(FREE, NOW).verdict is Verdict.HOLDS
    run.close()
