"""The journal's own tables: installed by their owner, looked for, and forgotten when old."""

from datetime import timedelta
from importlib.resources import files

from psycopg import sql

from trueup import command
from trueup.errors import JournalError
from trueup.primary.session import APPLICATION, Connection
from trueup.primary.trouble import refused
from trueup.replica.connection import connect
from trueup.replica.dsn import Dsn
from trueup.replica.journal import MISSING, fault

_OWNS = """
    select pg_has_role(rolname, current_user, 'member') from pg_roles where rolname = %s
"""

_FIXER = """
    select case when has_database_privilege(current_database(), 'create') then '…'
           else session_user::text end
"""
"""Whom the journal would be installed for: whoever could install it is not the fixer."""

_TABLES = ("journal_rows", "journal_proofs", "journal_calls")

_FORGETTABLE = "; ".join(
    f"alter table trueup.{name} disable trigger append_only" for name in _TABLES
)
_APPEND_ONLY = "; ".join(
    f"alter table trueup.{name} enable always trigger append_only" for name in _TABLES
)

_FORGET = """
    with old as (
        select id from trueup.journal where at < clock_timestamp() - %(age)s
    ), rows as (
        delete from trueup.journal_rows where entry in (select id from old) returning 1
    ), calls as (
        update trueup.journal_calls set body = null, back = null
        where entry in (select id from old)
    ), proofs as (
        update trueup.journal_proofs set mended = '[]' where entry in (select id from old)
    ), noted as (
        insert into trueup.journal_forgotten (before, "by")
        values (clock_timestamp() - %(age)s, %(by)s)
    )
    select count(*) from rows
"""


def script(fixer: str) -> str:
    """The SQL that installs the journal, for whoever would rather run it by hand."""
    text = files("trueup.primary").joinpath("journal.sql").read_text(encoding="utf-8")
    named = text.replace("{fixer_name}", sql.Literal(fixer).as_string())
    return named.replace("{fixer}", sql.Identifier(fixer).as_string())


def install(dsn: Dsn, fixer: str, reader: str | None = None) -> None:
    """
    Install the journal, or bring it up to date, as the role that is to own it.

    `reader` may then see who mended what, and nothing of a row. Raises JournalError where the owner
    is the fixer itself, which could then change what it wrote.
    """
    with (
        connect(dsn, standby=False, application=APPLICATION) as connection,
        refused("install the journal", JournalError),
        connection.transaction(),
    ):
        found = connection.execute(_OWNS, [fixer]).fetchone()
        if found is None:
            raise JournalError(f"there is no role {fixer!r}; create the fixer's role first")
        if found[0]:
            raise JournalError(
                f"{fixer!r} may act as the role that would own the journal, and so change what it"
                " wrote; install the journal as a role that the fixer is no member of"
            )
        connection.execute(script(fixer).encode())
        if reader is not None:
            role = sql.Identifier(reader)
            connection.execute(sql.SQL("grant usage on schema trueup to {}").format(role))
            connection.execute(sql.SQL("grant select on trueup.applied to {}").format(role))


def forget(dsn: Dsn, older_than: timedelta, by: str) -> int:
    """
    Forget what entries older than that changed, as the journal's owner; gives how many rows went.

    Who, what, when and why stay, and so does what was proven; images of rows, bodies of calls and
    keys of violations go, and with them the undo.
    """
    with (
        connect(dsn, standby=False, application=APPLICATION) as connection,
        refused("forget entries of the journal", JournalError),
        connection.transaction(),
    ):
        if fault(connection) == MISSING:
            raise JournalError(f"the journal {MISSING}, so there is nothing to forget")
        connection.execute(_FORGETTABLE.encode())
        done = connection.execute(_FORGET, {"age": older_than, "by": by}).fetchone()
        connection.execute(_APPEND_ONLY.encode())
    return int(done[0]) if done else 0


def require(connection: Connection, system: str, environment: str) -> None:
    """Raise JournalError, with the command that mends it, where this role should not add to it."""
    with refused("look for the journal", JournalError):
        wrong = fault(connection)
        [role] = connection.execute(_FIXER).fetchone() or ["…"]
    if wrong:
        mend = command.install(system, environment, role)
        raise JournalError(f"the journal {wrong}; run: {mend}")


def require_there(connection: Connection, system: str, environment: str) -> None:
    """Raise JournalError where there is no journal; whatever else is wrong, it can be read."""
    if fault(connection) == MISSING:
        require(connection, system, environment)
