"""What a role may do beside reading, and the lines that take it away."""

from collections.abc import Sequence

import psycopg
from msgspec import Struct
from psycopg.rows import TupleRow, class_row

from trueup.errors import GuardError
from trueup.replica.later import Later
from trueup.replica.quoting import quoted_name

_ROLE = """
    select
        current_user,
        session_user = current_user as itself,
        rolsuper, rolcreaterole, rolcreatedb, rolreplication,
        pg_catalog.pg_has_role('pg_write_all_data', 'usage') as writes_all,
        array(
            select pg_catalog.format('%%I.%%I', nspname, relname)
            from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = relnamespace
            where c.oid >= 16384 and relkind in ('r', 'p', 'f', 'v') and relowner <> me.oid
              and nspname !~ '^pg_|^information_schema$'
              and (pg_catalog.has_table_privilege(c.oid, 'delete, truncate')
                   or pg_catalog.has_any_column_privilege(c.oid, 'insert, update'))
            order by 1 limit 4
        ) as writes,
        array(
            select pg_catalog.format('%%I.%%I(%%s)', nspname, proname,
                   pg_catalog.pg_get_function_identity_arguments(p.oid))
            from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = pronamespace
            where p.oid >= 16384 and prosecdef and provolatile = 'v'
              and prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
              and nspname !~ '^pg_|^information_schema$'
              and pg_catalog.has_schema_privilege(n.oid, 'usage')
              and pg_catalog.has_function_privilege(p.oid, 'execute')
            order by 1 limit 4
        ) as definers,
        array(
            select pg_catalog.format('%%I.%%I', nspname, relname)
            from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = relnamespace
            where relkind in ('r', 'p', 'f', 'v', 'm') and nspname !~ '^pg_|^information_schema$'
              and relowner = me.oid
            order by 1 limit 4
        ) as owns,
        array(
            select rolname::text from pg_catalog.pg_roles r
            where r.oid <> me.oid and rolname <> 'pg_write_all_data'
              and pg_catalog.pg_has_role(me.oid, r.oid, 'member')
              and (rolname = any(%s) or rolsuper or rolcreaterole or rolcreatedb or rolreplication
                   or exists (
                       select from pg_catalog.pg_class c
                       join pg_catalog.pg_namespace n on n.oid = relnamespace
                       where c.oid >= 16384 and relkind in ('r', 'p')
                         and nspname !~ '^pg_|^information_schema$'
                         and pg_catalog.has_table_privilege(
                             r.oid, c.oid, 'insert, update, delete, truncate')))
            order by 1
        ) as members,
        (select pg_catalog.quote_ident(rolname) from pg_catalog.pg_database d
         join pg_catalog.pg_roles r on r.oid = datdba where datname = current_database()) as owner
    from pg_catalog.pg_roles me where rolname = current_user
"""
"""
What it could write, own, or become.

What PostgreSQL itself has (oids below 16384) is left out at first: to look up the rights on each
of its tables and their columns took a new connection three quarters of this question's time.
"""

POWERFUL = (
    "pg_checkpoint",
    "pg_create_subscription",
    "pg_execute_server_program",
    "pg_maintain",
    "pg_read_server_files",
    "pg_signal_backend",
    "pg_write_server_files",
)
"""Roles of PostgreSQL's own that do more than read rows."""


class _Role(Struct, frozen=True):
    current_user: str
    itself: bool
    rolsuper: bool
    rolcreaterole: bool
    rolcreatedb: bool
    rolreplication: bool
    writes_all: bool
    writes: Sequence[str]
    definers: Sequence[str]
    owns: Sequence[str]
    members: Sequence[str]
    owner: str


class Trouble(Struct, frozen=True):
    """One thing that is wrong with a role, and the SQL that mends it."""

    words: str
    sql: str


def inspect_role(
    connection: psycopg.Connection[TupleRow],
) -> Later[tuple[str, list[Trouble]]]:
    """
    The role's name and everything about it that could write; an empty list is a reader.

    Membership counts even where it is not inherited, since SET ROLE is a way to it.
    """
    cursor = connection.cursor(row_factory=class_row(_Role)).execute(_ROLE, [list(POWERFUL)])
    return lambda: _inspected(cursor.fetchone())


def _inspected(role: _Role | None) -> tuple[str, list[Trouble]]:
    if role is None:
        raise GuardError("the server does not know its own current user; connect again")
    name = quoted_name(role.current_user)
    troubles = (
        [] if role.itself else [Trouble("it acts for another login", "connect as the reader")]
    )
    for is_so, words, option in (
        (role.rolsuper, "is a superuser", "nosuperuser"),
        (role.rolcreaterole, "may create roles", "nocreaterole"),
        (role.rolcreatedb, "may create databases", "nocreatedb"),
        (role.rolreplication, "may replicate", "noreplication"),
    ):
        if is_so:
            troubles.append(Trouble(words, f"alter role {name} {option};"))
    if role.rolsuper:
        return role.current_user, troubles
    if role.writes_all:
        troubles.append(Trouble("may write all data", f"revoke pg_write_all_data from {name};"))
    else:
        troubles += _grants(name, role)
    return role.current_user, troubles + _belongs(name, role)


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


def _grants(name: str, role: _Role) -> list[Trouble]:
    tables = [
        Trouble(
            f"may write {table}",
            f"revoke insert, update, delete, truncate on {table} from {name}, public;",
        )
        for table in role.writes
    ]
    functions = [
        Trouble(
            f"may call {function}, which acts as its owner and may write",
            f"revoke execute on function {function} from {name}, public;",
        )
        for function in role.definers
    ]
    return tables + functions


def _belongs(name: str, role: _Role) -> list[Trouble]:
    owns = [
        Trouble(f"owns {table}", f"alter table {table} owner to {role.owner};")
        for table in role.owns
    ]
    members = [
        Trouble(
            f"is a member of {member}, which may do more than read",
            f"revoke {quoted_name(member)} from {name};",
        )
        for member in role.members
    ]
    return owns + members
