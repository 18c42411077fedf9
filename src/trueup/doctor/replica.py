"""The replica: everything that a run of invariants rests on."""

from collections.abc import Iterator

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from trueup.doctor.told import APPLICATION, Told
from trueup.environment import Environment
from trueup.errors import GuardError, QueryError
from trueup.replica.connection import connect
from trueup.replica.freshness import SKEW, Freshness, read_freshness
from trueup.replica.guard import apply_settings
from trueup.replica.limits import settings
from trueup.replica.pooler import Pooling, is_pooled, pooling
from trueup.replica.provider import provider, tls_advice
from trueup.replica.quoting import quoted_name
from trueup.replica.role import inspect_role
from trueup.replica.trouble import query_error

Connection = psycopg.Connection[TupleRow]

LISTED = 5
"""Tables that are named; more are counted."""


def replica(environment: Environment) -> Iterator[Told]:
    """Look at the way in, the server, its freshness, the role, the settings and the snapshot."""
    yield from _way(environment)
    try:
        connection = connect(environment.replica, standby=False, application=APPLICATION)
    except GuardError as error:
        yield Told(False, f"replica: {error}")
        return
    try:
        with connection:
            yield from _tls(environment, connection)
            pooled = is_pooled(connection)()
            mode = pooling(connection, environment.replica, APPLICATION) if pooled else Pooling.NONE
            yield _pooler(mode)
            connection.execute("begin isolation level repeatable read read only")
            yield from _settings(environment, connection)
            yield from _server(environment, connection)
            yield from _role(connection)
            yield from _schema(connection)
            yield from _snapshot(environment, connection, mode)
            connection.execute("rollback")
    except psycopg.Error as error:
        yield Told(False, f"replica: {query_error(error)}", "run it again; the rest was not seen")


def _way(environment: Environment) -> Iterator[Told]:
    found = provider(environment.replica)
    if found.name != "plain":
        yield Told(not found.advice, f"replica: {found.name.capitalize()}, {found.way}")
        yield from (Told(False, "replica: its way in can be better", a) for a in found.advice)
    for advice in tls_advice(environment.replica):
        yield Told(False, "replica: the URL does not say whom to trust", advice)


def _tls(environment: Environment, connection: Connection) -> Iterator[Told]:
    if connection.pgconn.ssl_in_use:
        yield Told(True, "replica: the connection is encrypted")
    elif next(tls_advice(environment.replica), None) is not None:
        yield Told(False, "replica: the connection is not encrypted", "see sslmode above")


def _pooler(mode: Pooling) -> Told:
    if mode is Pooling.TRANSACTION:
        words = f"replica: a {mode} lies in between: each invariant has a snapshot of its own"
        return Told(True, words)
    return Told(True, f"replica: {mode}")


def _settings(environment: Environment, connection: Connection) -> Iterator[Told]:
    wanted = settings(environment.limits)
    try:
        made = apply_settings(connection, wanted, local=True)()
    except GuardError as error:
        yield Told(False, f"replica: {error}")
        return
    yield Told(True, f"replica: every setting took, and was read back ({len(made)})")
    for name in wanted.keys() - set(made):
        yield Told(True, f"replica: this PostgreSQL has no {name}; a run does without")


def _server(environment: Environment, connection: Connection) -> Iterator[Told]:
    read = read_freshness(connection, environment.max_lag, environment.heartbeat)()
    version = connection.info.parameter_status("server_version")
    if read.freshness is Freshness.PRIMARY:
        yield _primary(environment, version or "")
    else:
        yield Told(True, f"replica: a standby, PostgreSQL {version}")
        yield from _patience(connection)
    yield Told(read.usable, f"replica: {read.freshness}: {read.words}", read.remedy)
    skew = read.skew.total_seconds()
    if abs(read.skew) <= SKEW:
        yield Told(True, f"replica: its clock is {skew:+.1f} s from this machine's")


def _primary(environment: Environment, version: str) -> Told:
    if environment.primary_allowed:
        return Told(True, f"replica: a primary, PostgreSQL {version}; primary_allowed = true")
    remedy = "give the replica's URL, or set primary_allowed = true where there is no replica"
    return Told(False, f"replica: the server is a primary, PostgreSQL {version}", remedy)


def _patience(connection: Connection) -> Iterator[Told]:
    row = connection.execute(_PATIENCE).fetchone()
    if row is not None:
        yield Told(True, f"replica: max_standby_streaming_delay {row[0]}, feedback {row[1]}")


_PATIENCE = """
    select current_setting('max_standby_streaming_delay'), current_setting('hot_standby_feedback')
"""


def _role(connection: Connection) -> Iterator[Told]:
    role, troubles = inspect_role(connection)()
    if not troubles:
        yield Told(True, f"replica: the role {role!r} can only read")
    for trouble in troubles:
        yield Told(False, f"replica: the role {role!r} {trouble.words}", trouble.sql)
    row = connection.execute(_SEES).fetchone()
    if row is not None:
        yield from _sees(quoted_name(role), *row)


def _sees(
    name: str, bypasses: bool, monitors: bool, hidden: list[str], unreadable: list[str]
) -> Iterator[Told]:
    if not bypasses and hidden:
        words = f"replica: row-level security hides rows of {_listed(hidden)}"
        yield Told(False, words, f"alter role {name} bypassrls;")
    if unreadable:
        words = f"replica: the role may not read {_listed(unreadable)}"
        yield Told(False, words, f"grant pg_read_all_data to {name};")
    if not monitors:
        words = "replica: the role may not see replication and other sessions"
        yield Told(False, words, f"grant pg_monitor to {name};")


def _listed(names: list[str]) -> str:
    more = len(names) - LISTED
    return ", ".join(names[:LISTED]) + (f" and {more} more" if more > 0 else "")


_SEES = """
    with tables as (
        select c.oid, nspname, relname
        from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = relnamespace
        where relkind in ('r', 'p') and nspname !~ '^pg_|^information_schema$'
    )
    select rolbypassrls or rolsuper,
           pg_catalog.pg_has_role('pg_monitor', 'usage'),
           array(select pg_catalog.format('%I.%I', nspname, relname) from tables
                 where pg_catalog.row_security_active(oid) order by 1),
           array(select pg_catalog.format('%I.%I', nspname, relname) from tables
                 where not pg_catalog.has_table_privilege(oid, 'select')
                    or not pg_catalog.has_schema_privilege(nspname, 'usage') order by 1)
    from pg_catalog.pg_roles where rolname = current_user
"""


def _schema(connection: Connection) -> Iterator[Told]:
    row = connection.execute(_NAIVE).fetchone()
    if row is not None and row[0]:
        columns = "1 column is a timestamp" if row[0] == 1 else f"{row[0]} columns are timestamps"
        words = f"replica: {columns} without time zone, as Prisma makes them"
        yield Told(True, f"{words}: compare them with naive_utc(…), or at time zone 'UTC'")


_NAIVE = """
    select count(*) from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = attrelid
    join pg_catalog.pg_namespace n on n.oid = relnamespace
    where atttypid = 'timestamp'::regtype and attnum > 0 and not attisdropped
      and relkind in ('r', 'p') and nspname !~ '^pg_|^information_schema$'
"""


def _snapshot(environment: Environment, connection: Connection, mode: Pooling) -> Iterator[Told]:
    if mode is Pooling.TRANSACTION:
        return
    row = connection.execute("select pg_catalog.pg_export_snapshot()").fetchone()
    try:
        with connect(environment.replica, standby=False, application=APPLICATION) as other:
            other.execute("begin isolation level repeatable read read only")
            given = sql.Literal(row[0] if row else "")
            other.execute(sql.SQL("set transaction snapshot {}").format(given))
    except (GuardError, QueryError, psycopg.Error) as error:
        words = str(error) if isinstance(error, GuardError) else "it could not be imported"
        yield Told(
            False,
            f"replica: a snapshot cannot be shared: {words}",
            "give the role two connections to one server; each invariant has its own meanwhile",
        )
    else:
        yield Told(True, "replica: a snapshot can be shared by all connections of a run")
