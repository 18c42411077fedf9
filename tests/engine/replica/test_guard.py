"""Who may ask, and of which server: everything else is refused with what to do."""

import re

import pytest

from fix_database import Database, opened
from trueup.errors import ConfigError, GuardError
from trueup.replica.connection import connect
from trueup.replica.dsn import Dsn
from trueup.replica.guard import apply_settings
from trueup.replica.limits import Limits, settings


def test_a_standby_and_a_reader_are_accepted(database: Database) -> None:
    with opened(database) as session:
        assert session.about.role == "trueup_reader"
        assert session.freshness.usable


def test_a_primary_in_place_of_the_replica_is_refused(database: Database) -> None:
    url = database.url("trueup_reader", "primary")

    with pytest.raises(GuardError, match="is a primary, not a standby") as refused:
        connect(Dsn(url, "APP_REPLICA_URL"), standby=True, application="test")

    assert "primary_allowed" in str(refused.value)
    assert "APP_REPLICA_URL" in str(refused.value)


def test_a_primary_that_is_allowed_is_read_in_a_read_only_transaction(database: Database) -> None:
    with opened(database, server="primary") as session, session.reading() as reader:
        [[read_only]] = reader._values("select current_setting('transaction_read_only')")

    assert read_only == "on"


@pytest.mark.parametrize(
    ("grant", "says", "mends"),
    [
        ("grant insert on t to {role}", "may write public.t", "revoke insert, update"),
        ("grant update (a) on t to {role}", "may write public.t", "revoke insert, update"),
        ("grant pg_write_all_data to {role}", "may write all data", "revoke pg_write_all_data"),
        ("alter role {role} createrole", "may create roles", "nocreaterole"),
        ("alter role {role} superuser", "is a superuser", "nosuperuser"),
        ("grant execute on function f() to {role}", "public.f()", "revoke execute on function"),
    ],
)
def test_a_role_that_can_write_is_refused_with_the_line_that_mends_it(
    database: Database, writer: str, grant: str, says: str, mends: str
) -> None:
    database.execute("create table t (a int); " + DEFINER + grant.format(role=writer))

    with pytest.raises(GuardError) as refused, opened(database, writer):
        pass

    assert says in str(refused.value)
    assert mends in str(refused.value)


def test_a_role_that_only_reads_is_not_refused(database: Database, writer: str) -> None:
    database.execute("create table t (a int); grant select on t to " + writer + ";" + DEFINER)

    with opened(database, writer) as session:
        assert session.about.role == writer


def test_hidden_rows_are_an_error_not_an_empty_answer(database: Database, writer: str) -> None:
    database.execute(
        "create table secret (a int); insert into secret values (1);"
        "alter table secret enable row level security; grant select on secret to " + writer
    )

    with opened(database, writer) as session:
        with session.reading() as reader:
            assert reader.hides("secret")
        with session.reading() as reader, pytest.raises(Exception, match="row-level security"):
            list(reader.rows("select a from secret"))


def test_a_setting_that_does_not_take_is_named(database: Database) -> None:
    wanted = {**settings(Limits()), "DateStyle": "iso, mdy"}

    with database.connect() as connection, pytest.raises(GuardError, match="setting DateStyle"):
        apply_settings(connection, wanted)()


def test_settings_are_there_after_opening(database: Database) -> None:
    with opened(database) as session, session.reading() as reader:
        [values] = reader._values(
            "select current_setting('row_security'), current_setting('TimeZone'),"
            " current_setting('statement_timeout'), current_setting('application_name')"
        )

    assert values == ("off", "UTC", "30s", "trueup/test")


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "mysql://u:hunter2@h/db", "postgresql://", "postgresql://u:hunter2@h:x/"],
)
def test_what_is_no_url_is_named_and_never_shown(url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Dsn(url, "APP_REPLICA_URL")

    assert "APP_REPLICA_URL is not a database URL" in str(refused.value)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda url: re.sub(r":\d+/", ":1/", url), "nobody answers"),
        (lambda url: url.replace("trueup_reader:", "trueup_reader:x"), "was not accepted"),
        (lambda url: url.replace("/test_", "/untest_"), "does not exist"),
        (lambda url: url.replace("127.0.0.1", "no-such-host.invalid"), "host name is not known"),
    ],
)
def test_a_connection_that_fails_says_why_without_the_url(database, change, says) -> None:
    url = database.url()
    dsn = Dsn(change(url), "APP_REPLICA_URL")

    with pytest.raises(GuardError, match=says) as refused:
        connect(dsn, standby=True, application="test")

    assert not any(secret in str(refused.value) for secret in dsn.secrets)
    assert "trueup_reader" not in str(refused.value)
    assert repr(dsn) == "Dsn(APP_REPLICA_URL)"


DEFINER = """
    create function f() returns int language sql volatile security definer as 'select 1';
    create function calm() returns int language sql stable security definer as 'select 1';
    revoke execute on function f() from public;
"""
