"""Whether the journal of what was applied is there, and this role may read it, or add to it."""

import psycopg
from psycopg.rows import TupleRow

from trueup.replica.later import Later

_MAY_SEE = """
    select pg_catalog.has_schema_privilege(n.oid, 'usage')
           and pg_catalog.has_table_privilege(c.oid, 'select')
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'trueup' and c.relname = 'applied'
"""

_FAULTS = """
    select
        pg_catalog.has_schema_privilege(n.oid, 'usage')
        and pg_catalog.has_table_privilege(c.oid, 'insert'),
        not exists (
            select from pg_catalog.pg_class each
            where each.relnamespace = n.oid and each.relkind = 'r' and each.relname like 'journal%'
              and not exists (
                  select from pg_catalog.pg_trigger
                  where tgrelid = each.oid and tgname = 'append_only' and tgenabled = 'A'
              )
        )
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'trueup' and c.relname = 'journal_alterations'
"""

MISSING = "is not installed"


def sees_journal(connection: psycopg.Connection[TupleRow]) -> Later[bool]:
    """Ask it with what else a session asks at its start."""
    asked = connection.execute(_MAY_SEE)
    return lambda: asked.fetchone() == (True,)


def fault(connection: psycopg.Connection[TupleRow]) -> str:
    """Say why this role may not, or should not, add to the journal; empty where it may."""
    found = connection.execute(_FAULTS).fetchone()
    if found is None:
        return MISSING
    usable, append_only = found
    if not usable:
        return "may not be written by this role"
    return "" if append_only else "can be changed afterwards: its triggers append_only are off"
