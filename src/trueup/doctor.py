"""The doctor: what an environment is like, line by line, each with what to do about it."""

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from psycopg.rows import TupleRow

from trueup.command import program
from trueup.environment import Environment
from trueup.errors import ConfigError, GuardError
from trueup.replica.connection import Dsn, connect
from trueup.replica.freshness import Freshness, read_freshness
from trueup.replica.guard import apply_settings, inspect_role, settings

APPLICATION = "trueup/doctor"


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that was looked at; `remedy` is empty where nothing needs mending."""

    well: bool
    words: str
    remedy: str = ""


def examine(environment: Environment) -> Iterator[Told]:
    """Look at the replica, the visitor and the primary of one environment, in that order."""
    yield from _replica(environment)
    yield from _visitor(environment)
    yield from _primary(environment)


def _replica(environment: Environment) -> Iterator[Told]:
    try:
        connection = connect(environment.replica, standby=False, application=APPLICATION)
    except GuardError as error:
        yield Told(False, f"replica: {error}")
        return
    with connection:
        yield from _server(environment, connection)
        yield from _role(connection)
        try:
            apply_settings(connection, settings(environment.limits))
            yield Told(True, "replica: every setting took, and was read back")
        except GuardError as error:
            yield Told(False, f"replica: {error}")


def _server(environment: Environment, connection: psycopg.Connection[TupleRow]) -> Iterator[Told]:
    read = read_freshness(connection, environment.max_lag)
    version = connection.info.parameter_status("server_version")
    if read.freshness is not Freshness.PRIMARY:
        yield Told(True, f"replica: a standby, PostgreSQL {version}")
        yield Told(read.usable, f"replica: {read.freshness}: {read.words}")
    elif environment.primary_allowed:
        yield Told(True, f"replica: a primary, PostgreSQL {version}; primary_allowed = true")
    else:
        remedy = "give the replica's URL, or set primary_allowed = true where there is no replica"
        yield Told(False, f"replica: the server is a primary, PostgreSQL {version}", remedy)


def _role(connection: psycopg.Connection[TupleRow]) -> Iterator[Told]:
    role, troubles = inspect_role(connection)
    if not troubles:
        yield Told(True, f"replica: the role {role!r} can only read")
    for trouble in troubles:
        yield Told(False, f"replica: the role {role!r} {trouble.words}", trouble.sql)
    row = connection.execute(_SEES, {"role": role}).fetchone()
    if row is not None:
        yield from _sees(*row)


def _sees(bypasses: bool, monitors: bool, hidden: int, name: str) -> Iterator[Told]:
    if not bypasses and hidden:
        words = f"replica: row-level security hides rows of {hidden} tables"
        yield Told(False, words, f"alter role {name} bypassrls;")
    if not monitors:
        words = "replica: the role may not see replication and other sessions"
        yield Told(False, words, f"grant pg_monitor to {name};")


_SEES = """
    select rolbypassrls or rolsuper,
           pg_catalog.pg_has_role('pg_monitor', 'usage'),
           (select count(*) from pg_catalog.pg_class where relkind in ('r', 'p')
              and pg_catalog.row_security_active(oid)),
           pg_catalog.quote_ident(rolname)
    from pg_catalog.pg_roles where rolname = %(role)s
"""


def _visitor(environment: Environment) -> Iterator[Told]:
    try:
        dsn = environment.needs("visitor", environment.visitor)
        standby = not environment.primary_allowed
        with connect(dsn, standby=standby, application=APPLICATION) as connection:
            row = connection.execute(
                "select pg_catalog.pg_has_role('authenticated', 'member')"
            ).fetchone()
    except (ConfigError, GuardError) as error:
        yield Told(False, f"visitor: {error}", "without it, policies are not evaluated: unknown")
        return
    except psycopg.errors.UndefinedObject:
        yield Told(False, "visitor: this database has no role authenticated")
        return
    may = row is not None and bool(row[0])
    words = "visitor: may act as authenticated" if may else "visitor: may not act as authenticated"
    yield Told(may, words, "" if may else "grant authenticated to the visitor's role;")


def _primary(environment: Environment) -> Iterator[Told]:
    try:
        dsn = environment.needs("primary", environment.primary)
        yield from _writes(dsn, environment)
    except (ConfigError, GuardError) as error:
        yield Told(False, f"primary: {error}", "without it, nothing can be planned or applied")


def _writes(dsn: Dsn, environment: Environment) -> Iterator[Told]:
    with connect(dsn, standby=False, application=APPLICATION) as connection:
        row = connection.execute(_MAY).fetchone() or (True, None, False, "")
        recovering, journal, quiet, role = row
    if recovering:
        yield Told(False, "primary: the server is a standby", "give the primary's URL")
        return
    yield Told(True, "primary: takes writes")
    at = f"--system {environment.system} --env {environment.name}"
    install = f"{program()} journal install {at} --fixer {role}"
    yield Told(
        bool(journal),
        "primary: the journal is " + ("there" if journal else "missing"),
        "" if journal else install,
    )
    yield Told(
        bool(quiet),
        "primary: an undo " + ("keeps triggers quiet" if quiet else "lets triggers fire"),
        "" if quiet else f"grant set on parameter session_replication_role to {role};",
    )


_MAY = """
    select pg_catalog.pg_is_in_recovery(),
           pg_catalog.to_regclass('trueup.journal'),
           pg_catalog.has_parameter_privilege('session_replication_role', 'set'),
           session_user::text
"""
