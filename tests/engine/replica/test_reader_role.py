"""The reader that the doctor's SQL makes: accepted, attacked, told what is too much."""

import secrets
from collections.abc import Callable, Iterator

import psycopg
import pytest

from fix_database import Database, admit, know, opened
from fix_systems import FREE, GOODS, NOW, Opened, asking
from trueup.errors import ConfigError, GuardError
from trueup.model.verdict import Verdict
from trueup.replica.provider import PROVIDERS
from trueup.replica.reader_role import reader_sql

HIDDEN = (
    GOODS
    + """
    alter table goods enable row level security;
    create function restock() returns int language sql volatile security definer as
        'update goods set price = 1 returning 1';
"""
)
WRITES = (
    "insert into goods values (99, 1)",
    "update goods set price = 0",
    "delete from goods",
    "truncate goods",
    "select id from goods for update",
    "select restock()",
    "create table theirs (id int)",
    "drop table goods",
    "create function theirs() returns int language sql as 'select 1'",
    "create role theirs",
    "alter role {role} superuser",
    "set role postgres",
    "set session authorization postgres",
    "alter system set work_mem = '1GB'",
    "copy goods to '/tmp/theirs'",
    "copy goods to program 'true'",
    "select pg_read_file('/etc/hostname')",
    "select pg_switch_wal()",
    "select pg_reload_conf()",
    "select lo_export(1, '/tmp/theirs')",
    "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'postgres'",
    "lock table goods in access exclusive mode",
)

Made = Callable[..., str]


@pytest.fixture
def reader(database: Database) -> Iterator[Made]:
    """Run the doctor's SQL of a provider as `by`; gives the login of the reader."""
    made = []

    def make(provider: str, by: str = "postgres") -> str:
        name, password = f"reader_{secrets.token_hex(4)}", secrets.token_hex(8)
        lines = reader_sql(provider).replace("trueup_reader", name)
        with database.connect(by) as connection:
            connection.execute(lines.replace(":'password'", f"'{password}'").encode())
        know(database.cluster, name, password)
        made.append(name)
        return name

    yield make
    for name in made:
        database.execute(f"reassign owned by {name} to postgres; drop owned by {name}")
        database.cluster.execute(f"drop role {name}")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_it_is_accepted_and_sees_every_row(database, reader: Made, systems: Opened, provider):
    database.execute(HIDDEN)
    run = systems(database.url(reader(provider)))

    wrong = run.outcome(asking("select id from goods where price = 7", key="id"), NOW)

    assert run.outcome(FREE, NOW).verdict is Verdict.HOLDS
    assert [violation.key for violation in wrong.violations] == [("7",)]


def test_whoever_could_call_a_function_still_can(database: Database, reader: Made) -> None:
    database.execute(HIDDEN)
    name = reader("plain")

    with database.connect() as connection:
        may = connection.execute(
            "select has_function_privilege('authenticated', 'restock()', 'execute'),"
            " has_function_privilege(%s, 'restock()', 'execute')",
            [name],
        ).fetchone()

    assert may == (True, False)


@pytest.mark.parametrize("server", ["primary", "standby"])
def test_the_server_alone_stops_whatever_it_tries(database, reader: Made, server: str) -> None:
    database.execute(HIDDEN)
    name = reader("plain")
    for write in WRITES:
        with database.connect("postgres", server), database.connect(name, server) as theirs:
            if server == "primary":
                theirs.execute("set default_transaction_read_only = off")
            with pytest.raises(psycopg.Error):
                theirs.execute(write.format(role=name).encode())

    with database.connect() as connection:
        row = connection.execute("select count(*), sum(price) from goods").fetchone()
    assert row == (20, 210)


def test_without_bypassrls_it_is_told_so(database, reader: Made, systems: Opened) -> None:
    database.execute(HIDDEN)
    name = reader("supabase")
    database.execute(f"alter role {name} nobypassrls")

    outcome = systems(database.url(name)).outcome(FREE, NOW)

    assert outcome.verdict is Verdict.UNKNOWN
    assert outcome.reason == "row-level security hides rows of goods from the reader"
    assert "BYPASSRLS" in outcome.remedy


TOO_MUCH = {
    "grant insert on goods to {role}": "may write public.goods",
    "grant update (price) on goods to {role}": "may write public.goods",
    "grant delete on goods to public": "may write public.goods",
    "grant pg_write_all_data to {role}": "may write all data",
    "alter role {role} createrole": "may create roles",
    "alter role {role} createdb": "may create databases",
    "alter role {role} replication": "may replicate",
    "alter role {role} superuser": "is a superuser",
    "grant execute on function restock() to {role}": "may call public.restock()",
    "grant pg_signal_backend to {role}": "is a member of pg_signal_backend",
    "grant pg_read_server_files to {role}": "is a member of pg_read_server_files",
    "grant pg_write_server_files to {role}": "is a member of pg_write_server_files",
    "grant pg_execute_server_program to {role}": "is a member of pg_execute_server_program",
    "grant trueup_fixer to {role}": "is a member of trueup_fixer",
    "alter role {role} noinherit; grant trueup_fixer to {role}": "is a member of trueup_fixer",
    "grant postgres to {role}": "is a member of postgres",
    "alter table goods owner to {role}": "owns public.goods",
    "alter materialized view prices owner to {role}": "owns public.prices",
}


@pytest.mark.parametrize(("grant", "says"), TOO_MUCH.items())
def test_one_grant_too_many_is_told_exactly_and_its_line_mends_it(
    database: Database, reader: Made, grant: str, says: str
) -> None:
    database.execute(HIDDEN + "create materialized view prices as select price from goods;")
    name = reader("plain")
    database.execute(grant.format(role=name))

    with pytest.raises(GuardError) as refused, opened(database, name):
        pass
    words, _, lines = str(refused.value).partition("or mend it: ")
    database.execute(lines)

    assert says in words
    with opened(database, name) as session:
        assert session.about.role == name


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_editor_that_knows_no_variables_is_thought_of(provider: str) -> None:
    notes, _, lines = reader_sql(provider).partition("\ncreate role")

    assert "in place of :'password'" in notes
    assert lines.count(":'password'") == 1


def test_a_provider_that_is_not_known_is_told_which_are() -> None:
    with pytest.raises(ConfigError, match="name one of supabase, neon, plain"):
        reader_sql("oracle")


@pytest.fixture
def owner(database: Database) -> Iterator[str]:
    """Like Supabase's postgres or Neon's owner: no superuser, but it may make and grant roles."""
    with database.connect() as connection:
        if connection.info.server_version < 160000:
            pytest.skip("before 16 only a superuser may give BYPASSRLS; Supabase has its own way")
    name = f"owner_{secrets.token_hex(4)}"
    admit(database.cluster, name, "createrole bypassrls")
    database.cluster.execute(
        f"grant pg_read_all_data, pg_monitor to {name} with admin option;"
        f"alter database {database.name} owner to {name}"
    )
    yield name
    database.cluster.execute(f"alter database {database.name} owner to postgres")
    database.execute(f"reassign owned by {name} to postgres; drop owned by {name}")
    database.cluster.execute(f"drop role {name}")


def test_an_owner_who_is_no_superuser_can_run_it(database, owner: str, reader: Made) -> None:
    database.execute(HIDDEN + f"alter function restock() owner to {owner}")

    name = reader("supabase", by=owner)

    with opened(database, name) as session:
        assert session.about.role == name
