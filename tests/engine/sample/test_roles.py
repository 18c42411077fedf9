"""The roles can do what they are there for, and nothing else."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import errors

from trueup.sample import Cluster
from trueup.sample.roles import LOGINS

ATTRIBUTES = """
    select rolname, rolcanlogin, rolbypassrls, rolinherit,
        rolsuper or rolcreaterole or rolcreatedb or rolreplication
    from pg_roles
    where rolname !~ '^pg_' and rolname <> 'postgres'
"""

MEMBERSHIPS = """
    select member::regrole::text, roleid::regrole::text, admin_option
    from pg_auth_members
    where member::regrole::text !~ '^pg_'
"""


@pytest.fixture(scope="module")
def database(cluster: Cluster) -> Iterator[str]:
    cluster.create_database("for_roles")
    cluster.execute(
        """
        create table diary (id int, owner text);
        insert into diary values (1, 'somebody');
        alter table diary enable row level security;
        create policy own on diary to authenticated using (owner = current_setting('app.me'));
        create table shut (id int);
        grant select on diary to anon, authenticated;
        """,
        "for_roles",
    )
    yield "for_roles"
    with cluster.connect() as connection:
        connection.execute("drop database for_roles with (force)")


@pytest.fixture
def connected(cluster: Cluster, database: str):
    connections = []

    def connect(role: str) -> psycopg.Connection:
        connections.append(psycopg.connect(cluster.dsn(role, database=database), autocommit=True))
        return connections[-1]

    yield connect
    for connection in connections:
        connection.close()


def test_the_roles_are_the_promised_ones(cluster):
    with cluster.connect() as connection:
        found = {name: tuple(rest) for name, *rest in connection.execute(ATTRIBUTES)}

    # can log in, is past row-level security, inherits, has any power over the server
    assert found == {
        "trueup_reader": (True, True, True, False),
        "trueup_fixer": (True, True, True, False),
        "anon": (False, False, False, False),
        "authenticated": (False, False, False, False),
        "service_role": (False, True, False, False),
        "authenticator": (True, False, False, False),
    }


def test_the_memberships_are_the_promised_ones(cluster):
    with cluster.connect() as connection:
        found = set(connection.execute(MEMBERSHIPS))

    assert found == {
        ("trueup_reader", "pg_read_all_data", False),
        ("trueup_reader", "pg_monitor", False),
        ("trueup_fixer", "pg_read_all_data", False),
        ("trueup_fixer", "pg_write_all_data", False),
        ("trueup_fixer", "pg_monitor", False),
        ("authenticator", "anon", False),
        ("authenticator", "authenticated", False),
    }


@pytest.mark.parametrize("role", LOGINS)
def test_each_password_opens_both_servers(cluster, role):
    for server in ("primary", "standby"):
        with psycopg.connect(cluster.dsn(role, server)) as connection:
            assert connection.execute("select session_user").fetchone() == (role,)


def test_no_password_is_the_wrong_password(cluster):
    url = cluster.dsn("trueup_reader").replace(cluster.passwords["trueup_reader"], "guessed")

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url)


@pytest.mark.parametrize("role", ["trueup_reader", "trueup_fixer"])
def test_reader_and_fixer_see_past_row_level_security(connected, role):
    assert connected(role).execute("select id from diary").fetchall() == [(1,)]


@pytest.mark.parametrize(
    "attempt",
    [
        "insert into diary values (2, 'reader')",
        "update diary set owner = 'reader'",
        "delete from diary",
        "truncate diary",
        "create table mine ()",
        "create temporary table mine ()",
        "create schema mine",
        "set session_replication_role = replica",
        "set role trueup_fixer",
    ],
)
def test_the_reader_cannot_write(connected, attempt):
    with pytest.raises(errors.InsufficientPrivilege):
        connected("trueup_reader").execute(attempt)


@pytest.mark.parametrize(
    "attempt",
    [
        "truncate diary",
        "drop table diary",
        "alter table diary disable trigger all",
        "create table mine ()",
        "create temporary table mine ()",
        "create schema mine",
    ],
)
def test_the_fixer_cannot_change_the_schema(connected, attempt):
    with pytest.raises(errors.InsufficientPrivilege):
        connected("trueup_fixer").execute(attempt)


def test_the_fixer_writes_rows_and_may_keep_triggers_quiet(connected):
    fixer = connected("trueup_fixer")
    with fixer.transaction(force_rollback=True):
        fixer.execute("set local session_replication_role = replica")

        assert fixer.execute("insert into diary values (2, 'fixer')").rowcount == 1
        assert fixer.execute("update diary set owner = 'fixer'").rowcount == 2
        assert fixer.execute("delete from diary").rowcount == 2


def test_the_authenticator_sees_what_a_signed_in_user_sees(connected):
    visitor = connected("authenticator")
    with pytest.raises(errors.InsufficientPrivilege):
        visitor.execute("select id from diary")

    visitor.execute("set role authenticated; set app.me = 'somebody'")
    assert visitor.execute("select id from diary").fetchall() == [(1,)]

    visitor.execute("set app.me = 'somebody else'")
    assert visitor.execute("select id from diary").fetchall() == []

    visitor.execute("set role anon")
    assert visitor.execute("select id from diary").fetchall() == []


@pytest.mark.parametrize("role", ["service_role", "trueup_fixer", "postgres"])
def test_the_authenticator_becomes_nobody_else(connected, role):
    with pytest.raises(errors.InsufficientPrivilege):
        connected("authenticator").execute(f"set role {role}")
