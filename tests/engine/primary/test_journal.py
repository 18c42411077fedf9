"""The journal is added to and never changed, and it is closed to everybody else."""

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from engine.primary.desk import NO_JOB_RUNS, Desk
from fix_database import Database
from trueup import Update
from trueup.errors import JournalError
from trueup.primary import journal, journal_schema
from trueup.primary.session import open_primary
from trueup.replica.dsn import Dsn
from trueup.replica.journal import fault
from trueup.replica.limits import Limits

TABLES = {
    "journal": "reason",
    "journal_rows": "after",
    "journal_proofs": "detail",
    "journal_calls": "body",
    "journal_call_states": "detail",
    "journal_alterations": "after",
    "journal_forgotten": '"by"',
}
"""Each table, and a column that somebody might wish to change."""


def fail(violations):
    for job in violations:
        yield Update("jobs", key={"id": job["id"]}, set={"status": "failed"})


@pytest.fixture
def entry(desk: Desk) -> int:
    """An entry with three rows."""
    return desk.apply(desk.plan(fail, NO_JOB_RUNS)).entries[0]


def test_an_entry_says_who_what_why_and_with_which_plan(desk: Desk) -> None:
    plan = desk.plan(fail, NO_JOB_RUNS)
    [number] = desk.apply(plan).entries

    [found] = journal.entries(desk.primary.connection, "shop")

    assert found == journal.entry(desk.primary.connection, "shop", number)
    assert (found.fix, found.kind, found.by, found.reason, found.code, found.login) == (
        "fail",
        "apply",
        "ada",
        "night shift",
        "abc123",
        "trueup_fixer",
    )
    assert (found.digest, found.rows, found.undone_by) == (plan.digest, 3, [])


def test_an_entry_has_each_row_before_and_after(desk: Desk, entry: int) -> None:
    [first, _, _] = journal.rows(desk.primary.connection, entry)

    assert (first.op, first.table, first.key, first.cause) == (
        "update",
        "jobs",
        {"id": "1"},
        "change",
    )
    changed = {name for name in first.after if first.after[name] != first.before[name]}
    assert changed == {"status", "touched"}


def test_an_entry_that_was_undone_says_by_which(desk: Desk, entry: int) -> None:
    [back] = desk.apply(desk.undo(entry)).entries

    found = journal.entries(desk.primary.connection, "shop")

    assert [(one.id, one.kind, one.undoes, one.undone_by) for one in found] == [
        (back, "undo", entry, []),
        (entry, "apply", None, [back]),
    ]


def test_an_entry_of_another_system_is_not_shown(desk: Desk, entry: int) -> None:
    assert journal.entries(desk.primary.connection, "elsewhere") == []
    with pytest.raises(JournalError, match=f"elsewhere has no journal entry {entry}"):
        journal.entry(desk.primary.connection, "elsewhere", entry)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "attack",
    [
        "update trueup.{table} set {column} = {column}",
        "delete from trueup.{table}",
        "truncate trueup.{table} cascade",
        "alter table trueup.{table} disable trigger all",
        "drop trigger append_only on trueup.{table}",
        "set session_replication_role = replica; delete from trueup.{table}",
    ],
)
def test_the_fixer_cannot_change_what_it_wrote(
    desk: Desk, entry: int, table: str, attack: str
) -> None:
    column = TABLES[table]

    with (
        desk.database.connect("trueup_fixer") as fixer,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        fixer.execute(attack.format(table=table, column=column).encode())


def test_not_even_the_owner_changes_it_by_mistake(desk: Desk, entry: int) -> None:
    with (
        desk.database.connect() as owner,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"),
    ):
        owner.execute("update trueup.journal set reason = 'none'")


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
def test_no_api_role_can_read_it(desk: Desk, entry: int, role: str) -> None:
    desk.execute("alter default privileges grant all on tables to anon")

    for table in TABLES:
        with desk.database.connect() as connection:
            connection.execute(f"set role {role}".encode())
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"select from trueup.{table}".encode())


def test_what_the_owner_gives_away_by_default_is_taken_back(shop: Database, admin_dsn: Dsn) -> None:
    shop.execute("""
        alter default privileges grant all on tables to anon, public;
        alter default privileges grant all on schemas to anon, public;
    """)

    journal_schema.install(admin_dsn, "trueup_fixer")

    with shop.connect() as connection:
        connection.execute("set role anon")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select from trueup.journal")


def test_installing_it_twice_keeps_what_is_in_it(desk: Desk, entry: int, admin_dsn: Dsn) -> None:
    journal_schema.install(admin_dsn, "trueup_fixer")

    assert journal.entry(desk.primary.connection, "shop", entry).rows == 3
    assert desk.apply(desk.undo(entry)).exit_code == 0


def test_what_is_forgotten_is_gone_and_the_entry_is_not(
    desk: Desk, entry: int, admin_dsn: Dsn
) -> None:
    assert journal_schema.forget(admin_dsn, timedelta(days=1), "ada") == 0
    assert desk.undo(entry).changes

    assert journal_schema.forget(admin_dsn, timedelta(0), "ada") == 3

    assert desk.rows("select from trueup.journal_rows") == []
    assert desk.rows("select distinct mended from trueup.journal_proofs") == [([],)]
    with pytest.raises(JournalError, match=f"entry {entry} cannot be undone: its rows were forgo"):
        desk.undo(entry)
    kept = journal.entry(desk.primary.connection, "shop", entry)
    assert (kept.by, kept.rows, kept.forgotten is not None) == ("ada", 0, True)
    with desk.database.connect() as owner, pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner.execute("delete from trueup.journal_proofs")


def test_the_fixer_cannot_forget(desk: Desk, entry: int, primary_dsn: Dsn) -> None:
    with pytest.raises(JournalError, match="could not forget entries of the journal"):
        journal_schema.forget(primary_dsn, timedelta(0), "ada")

    assert journal.entry(desk.primary.connection, "shop", entry).rows == 3


def test_a_reader_sees_who_mended_what_and_nothing_of_a_row(
    desk: Desk, entry: int, admin_dsn: Dsn
) -> None:
    journal_schema.install(admin_dsn, "trueup_fixer", "anon")

    with desk.database.connect() as reader:
        reader.execute("set role anon")
        seen = reader.execute("select id, fix, applied_by, rows from trueup.applied").fetchall()
        for table in TABLES:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(f"select from trueup.{table}".encode())

    assert seen == [(entry, "fail", "bob", 3)]


def test_a_reader_stays_one_when_the_journal_is_brought_up_to_date(
    desk: Desk, admin_dsn: Dsn
) -> None:
    granted = (
        "select relacl::text like '%trueup_reader=r/%' from pg_class where relname = 'applied'"
    )
    journal_schema.install(admin_dsn, "trueup_fixer", "trueup_reader")

    journal_schema.install(admin_dsn, "trueup_fixer")

    assert desk.rows(granted) == [(True,)]


def test_the_fixer_cannot_be_the_owner_of_its_own_journal(shop: Database) -> None:
    shop.cluster.execute("grant create on database " + shop.name + " to trueup_fixer")

    with pytest.raises(JournalError, match="'trueup_fixer' may act as the role that would own"):
        journal_schema.install(
            Dsn(shop.url("trueup_fixer", "primary"), "FIXER_URL"), "trueup_fixer"
        )


def test_a_fixer_that_is_not_there_is_named(admin_dsn: Dsn) -> None:
    with pytest.raises(JournalError, match="there is no role 'nobody_such'; create the fixer's"):
        journal_schema.install(admin_dsn, "nobody_such")


def test_a_role_that_may_not_add_to_it_is_told(desk: Desk, writer: str) -> None:
    dsn = Dsn(desk.database.url(writer, "primary"), "WRITER_URL")

    with (
        open_primary(dsn, Limits()) as primary,
        pytest.raises(JournalError, match="may not be written by this role") as told,
    ):
        journal_schema.require(primary.connection, "shop", "test")

    command = f"journal install --system shop --env test --fixer {writer}"
    assert str(told.value).endswith(command)


def test_whoever_could_install_it_is_not_named_as_the_fixer(desk: Desk, writer: str) -> None:
    desk.execute(f"grant create on database {desk.database.name} to {writer}")
    dsn = Dsn(desk.database.url(writer, "primary"), "WRITER_URL")

    with (
        open_primary(dsn, Limits()) as primary,
        pytest.raises(JournalError, match=r"journal install --system shop --env test --fixer '…'$"),
    ):
        journal_schema.require(primary.connection, "shop", "test")


@pytest.mark.parametrize(
    "done", ["disable trigger append_only", "enable trigger append_only", "disable trigger all"]
)
@pytest.mark.parametrize("table", TABLES)
def test_nothing_is_applied_while_a_guard_of_it_is_off(
    desk: Desk, admin_dsn: Dsn, table: str, done: str
) -> None:
    plan = desk.plan(fail, NO_JOB_RUNS)
    desk.execute(f"alter table trueup.{table} {done}")

    with pytest.raises(JournalError, match="can be changed afterwards: its triggers append_only"):
        desk.apply(plan)

    journal_schema.require_there(desk.primary.connection, "shop", "test")
    journal_schema.install(admin_dsn, "trueup_fixer")
    assert desk.apply(plan).exit_code == 0


@pytest.fixture
def plain(desk: Desk, writer: str, admin_dsn: Dsn) -> Iterator[Desk]:
    """A fixer without BYPASSRLS, as on a system that has no row-level security."""
    desk.execute(f"grant all on all tables in schema public to {writer}")
    journal_schema.install(admin_dsn, writer)
    with open_primary(Dsn(desk.database.url(writer, "primary"), "WRITER_URL"), Limits()) as primary:
        yield Desk(desk.database, primary)


def test_a_fixer_that_row_security_applies_to_uses_the_journal_all_the_same(plain: Desk) -> None:
    [entry] = plain.apply(plain.plan(fail, NO_JOB_RUNS)).entries

    assert journal.entries(plain.primary.connection, "shop")[0].id == entry
    assert plain.apply(plain.undo(entry)).exit_code == 0


def test_a_fixer_from_whom_rows_are_hidden_cannot_plan(plain: Desk) -> None:
    plain.execute("alter table jobs enable row level security")

    with pytest.raises(Exception, match="row-level security"):
        plain.plan(fail, NO_JOB_RUNS)


def test_the_script_names_the_fixer_and_can_be_run_by_hand(shop: Database) -> None:
    assert '"a""b"' in journal_schema.script('a"b')

    shop.execute(journal_schema.script("trueup_fixer"))

    with shop.connect("trueup_fixer") as fixer:
        assert fault(fixer) == ""
