"""The session that writes is what it says it is, and its questions cannot write."""

import psycopg
import pytest

from engine.primary.desk import Desk
from fix_database import Database
from trueup.errors import GuardError, QueryError
from trueup.primary.session import identity, observing, open_primary, questioning, reading
from trueup.replica.dsn import Dsn
from trueup.replica.limits import Limits


def test_the_settings_are_those_that_text_is_compared_with(primary_dsn: Dsn) -> None:
    with open_primary(primary_dsn, Limits(lock=1.5)) as primary:
        said = {
            name: primary.connection.execute("select current_setting(%s)", [name]).fetchone()[0]
            for name in ("TimeZone", "IntervalStyle", "lock_timeout", "row_security", "search_path")
        }
        application = primary.connection.info.get_parameters()["application_name"]

    assert said == {
        "TimeZone": "UTC",
        "IntervalStyle": "postgres",
        "lock_timeout": "1500ms",
        "row_security": "off",
        "search_path": "public",
    }
    assert application == "trueup/fix"


def test_a_wrong_password_is_refused_without_showing_the_url(shop: Database) -> None:
    url = shop.url("trueup_fixer", "primary").replace("trueup_fixer:", "trueup_fixer:x")

    with pytest.raises(GuardError) as caught, open_primary(Dsn(url, "PRIMARY_URL"), Limits()):
        pass

    assert str(caught.value).startswith("PRIMARY_URL: ")
    assert "127.0.0.1" not in str(caught.value)


def test_two_databases_of_one_cluster_are_two(desk: Desk) -> None:
    with psycopg.connect(desk.database.cluster.dsn("trueup_fixer"), autocommit=True) as other:
        assert identity(other).name == "postgres"
        assert identity(other).system_identifier == desk.primary.database.system_identifier


def test_what_a_question_sets_off_cannot_write(desk: Desk) -> None:
    desk.execute("""
        create function sly() returns int language sql as
        $$ update jobs set note = 'sly' returning 1 $$
    """)
    connection = desk.primary.connection

    with connection.transaction():
        connection.execute("update jobs set note = 'ours' where id = 1")
        with questioning(connection) as reader:
            reader.allow(["sly"])
            with pytest.raises(QueryError, match="25006"):
                list(reader.rows("select sly()"))
        connection.execute("update jobs set note = 'ours' where id = 2")

    assert desk.rows("select note from jobs order by id")[:3] == [("ours",), ("ours",), (None,)]


def test_an_observer_does_not_see_what_is_not_committed(desk: Desk) -> None:
    connection = desk.primary.connection

    with observing(desk.primary) as observer, connection.transaction():
        connection.execute("delete from remarks")
        with reading(observer) as reader:
            assert reader.count("remarks") == 3


def test_reading_is_one_snapshot(desk: Desk) -> None:
    with reading(desk.primary.connection) as reader:
        before = reader.count("jobs")
        desk.execute("insert into jobs values (9, null, 'done')")
        assert reader.count("jobs") == before
