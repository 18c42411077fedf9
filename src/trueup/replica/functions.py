"""Functions that may do something: a SELECT that calls one is refused unless it is named."""

from collections.abc import Collection

import psycopg
from msgspec import Struct
from psycopg.rows import TupleRow

from trueup.errors import StatementError
from trueup.replica.later import Later
from trueup.replica.statement import Statement

HARMLESS = (
    "pg_blocking_pids",
    "pg_database_size",
    "pg_indexes_size",
    "pg_is_in_recovery",
    "pg_is_wal_replay_paused",
    "pg_last_wal_receive_lsn",
    "pg_last_wal_replay_lsn",
    "pg_last_xact_replay_timestamp",
    "pg_relation_size",
    "pg_table_size",
    "pg_tablespace_size",
    "pg_total_relation_size",
)
"""Volatile functions of PostgreSQL's own that answer and do nothing."""

_VOLATILE = """
    with recursive steps as (
        select a.aggfnoid::oid as aggregate, step.provolatile = 'v' as volatile
        from pg_catalog.pg_aggregate a join pg_catalog.pg_proc step
          on step.oid in (aggtransfn, aggfinalfn, aggcombinefn, aggmtransfn, aggminvtransfn,
                          aggmfinalfn)
    ), volatile as (
        select p.oid, proname, nspname not in ('pg_catalog', 'information_schema') as own,
               pronargs = 1 and exists (
                   select from pg_catalog.pg_type t where t.oid = proargtypes[0]
                   and typtype in ('c', 'p')
               ) as of_a_row
        from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = pronamespace
        where (provolatile = 'v' or p.oid in (select aggregate from steps where volatile))
          and prorettype not in (  -- no SQL can call these, and `system` is a TABLESAMPLE's too
              'trigger'::regtype, 'event_trigger'::regtype, 'internal'::regtype,
              'tsm_handler'::regtype, 'index_am_handler'::regtype, 'table_am_handler'::regtype,
              'fdw_handler'::regtype, 'language_handler'::regtype)
    ), reaching as (
        select ev_class as oid
        from volatile join pg_catalog.pg_depend d
          on refclassid = 'pg_catalog.pg_proc'::regclass and refobjid = volatile.oid
         and classid = 'pg_catalog.pg_rewrite'::regclass
        join pg_catalog.pg_rewrite r on r.oid = objid
        where own
        union
        select ev_class
        from reaching join pg_catalog.pg_depend d
          on refclassid = 'pg_catalog.pg_class'::regclass and refobjid = reaching.oid
         and classid = 'pg_catalog.pg_rewrite'::regclass
        join pg_catalog.pg_rewrite r on r.oid = objid
    )
    select
        array(select distinct proname::text from volatile where own or proname <> all(%s)),
        array(select distinct proname::text from volatile where own and of_a_row),
        array(select distinct oprname::text from pg_catalog.pg_operator o
              join volatile on volatile.oid = oprcode where own),
        array(select distinct relname::text from reaching join pg_catalog.pg_class c using (oid)
              where relkind = 'v')
"""


class Volatile(Struct, frozen=True):
    """Names, without their schema, by which SQL may reach a volatile function."""

    functions: frozenset[str]
    fields: frozenset[str]
    operators: frozenset[str]
    views: frozenset[str]


def volatile(connection: psycopg.Connection[TupleRow]) -> Later[Volatile]:
    """
    Ask the server which names do more than answer.

    A function of one row can be called like a column of it, an operator and an aggregate have
    functions behind them (an aggregate itself is always called immutable), and a view may call
    one: each is a way in. PostgreSQL does not record which views call a function of its own.
    """
    cursor = connection.execute(_VOLATILE, [list(HARMLESS)])
    return lambda: Volatile(*map(frozenset, cursor.fetchall()[0]))


def refuse_volatile(asked: Statement, known: Volatile, allowed: Collection[str]) -> None:
    """Raise StatementError where the SQL reaches a volatile function that is not in `allowed`."""
    reached = (
        (asked.calls & known.functions, "calls"),
        (asked.mentions & known.fields, "may call"),
        (asked.mentions & known.operators, "uses the operator"),
        (asked.mentions & known.views, "reads the view"),
    )
    for names, verb in reached:
        for name in sorted(names - frozenset(allowed)):
            raise StatementError(
                f"the SQL {verb} {name!r}, which is volatile: it may do more than answer;"
                f" leave it out, or name it where it is harmless: calls=[{name!r}]"
            )
