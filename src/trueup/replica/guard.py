"""What a session must be before anything is asked through it, and the proof that it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psycopg
from psycopg.rows import TupleRow

from trueup.errors import GuardError

_SET = """
    select name, pg_catalog.set_config(name, value, %s)
    from unnest(%s::text[], %s::text[]) as wanted(name, value)
    where name in (select name from pg_catalog.pg_settings)
"""

_READ_BACK = """
    select name, setting from pg_catalog.pg_settings where name = any(%s)
"""

_ROLE = """
    select
        current_user,
        session_user = current_user as itself,
        rolsuper, rolcreaterole, rolcreatedb, rolreplication,
        pg_catalog.pg_has_role('pg_write_all_data', 'usage') as writes_all,
        array(
            select format('%I.%I', nspname, relname)
            from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = relnamespace
            where relkind in ('r', 'p', 'f', 'v') and nspname !~ '^pg_|^information_schema$'
              and (pg_catalog.has_table_privilege(c.oid, 'delete, truncate')
                   or pg_catalog.has_any_column_privilege(c.oid, 'insert, update'))
            order by 1 limit 4
        ) as writes,
        array(
            select pg_catalog.format('%I.%I(%s)', nspname, proname,
                   pg_catalog.pg_get_function_identity_arguments(p.oid))
            from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = pronamespace
            where prosecdef and provolatile = 'v'
              and prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
              and nspname !~ '^pg_|^information_schema$'
              and pg_catalog.has_schema_privilege(n.oid, 'usage')
              and pg_catalog.has_function_privilege(p.oid, 'execute')
            order by 1 limit 4
        ) as definers
    from pg_catalog.pg_roles where rolname = current_user
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a statement, a lock and an idle transaction may take, in seconds."""

    statement: float = 30.0
    lock: float = 2.0
    idle: float = 60.0
    search_path: str = "public"


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong with a role, and the SQL that mends it."""

    words: str
    sql: str


def settings(limits: Limits) -> Mapping[str, str]:
    """The settings of a guarded session, by name, as pg_settings shows them."""
    return {
        "default_transaction_read_only": "on",
        "row_security": "off",
        "statement_timeout": _milliseconds(limits.statement),
        "lock_timeout": _milliseconds(limits.lock),
        "idle_in_transaction_session_timeout": _milliseconds(limits.idle),
        "transaction_timeout": _milliseconds(limits.statement * 4),
        "TimeZone": "UTC",
        "DateStyle": "ISO, MDY",
        "IntervalStyle": "postgres",
        "search_path": limits.search_path,
        "standard_conforming_strings": "on",
        "jit": "off",
    }


def apply_settings(
    connection: psycopg.Connection[TupleRow], wanted: Mapping[str, str], *, local: bool = False
) -> tuple[str, ...]:
    """
    Make the settings by SQL and read them back; gives the names of those that were made.

    With `local` they end with the transaction, so that a server connection which a pooler shares
    is given back as it was. A pooler may drop start-up options without a word, and a SET too:
    whatever did not take raises GuardError with its name. A setting that this version of
    PostgreSQL lacks is left out.
    """
    made = connection.execute(_SET, [local, list(wanted), list(wanted.values())]).fetchall()
    found: dict[str, str] = dict(
        connection.execute(_READ_BACK, [[row[0] for row in made]]).fetchall()
    )
    for name, value in found.items():
        if value != wanted[name]:
            raise GuardError(
                f"the setting {name} did not take: it is {value!r}, not {wanted[name]!r};"
                " a pooler in between drops it, connect directly or in session mode"
            )
    return tuple(found)


def inspect_role(connection: psycopg.Connection[TupleRow]) -> tuple[str, list[Trouble]]:
    """The role's name and everything about it that could write; an empty list is a reader."""
    row = connection.execute(_ROLE).fetchone()
    if row is None:
        raise GuardError("the server does not know its own current user; connect again")
    role, itself, superuser, createrole, createdb, replication, writes_all, writes, definers = row
    name = '"' + str(role).replace('"', '""') + '"'
    troubles = [] if itself else [Trouble("it acts for another login", "connect as the reader")]
    for is_so, words, option in (
        (superuser, "is a superuser", "nosuperuser"),
        (createrole, "may create roles", "nocreaterole"),
        (createdb, "may create databases", "nocreatedb"),
        (replication, "may replicate", "noreplication"),
    ):
        if is_so:
            troubles.append(Trouble(words, f"alter role {name} {option};"))
    if writes_all and not superuser:
        troubles.append(Trouble("may write all data", f"revoke pg_write_all_data from {name};"))
    if not superuser and not writes_all:
        troubles += _grants(name, writes, definers)
    return str(role), troubles


def refuse_writer(role: str, troubles: Sequence[Trouble]) -> None:
    """Raise GuardError where a role could write, with the lines that mend it."""
    if not troubles:
        return
    words = ", ".join(trouble.words for trouble in troubles)
    lines = " ".join(dict.fromkeys(trouble.sql for trouble in troubles))
    raise GuardError(
        f"the role {role!r} could write: it {words};"
        f" use a role that only reads, or mend it: {lines}"
    )


def _grants(name: str, writes: Sequence[str], definers: Sequence[str]) -> list[Trouble]:
    tables = [
        Trouble(
            f"may write {table}",
            f"revoke insert, update, delete, truncate on {table} from {name}, public;",
        )
        for table in writes
    ]
    functions = [
        Trouble(
            f"may call {function}, which acts as its owner and may write",
            f"revoke execute on function {function} from {name}, public;",
        )
        for function in definers
    ]
    return tables + functions


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))
