"""Whether the journal of what was applied is there, and this role may read it."""

import psycopg
from psycopg.rows import TupleRow

from trueup.replica.later import Later

_MAY_SEE = """
    select pg_catalog.has_schema_privilege(n.oid, 'usage')
           and pg_catalog.has_table_privilege(c.oid, 'select')
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'trueup' and c.relname = 'applied'
"""


def sees_journal(connection: psycopg.Connection[TupleRow]) -> Later[bool]:
    """Ask it with what else a session asks at its start."""
    asked = connection.execute(_MAY_SEE)
    return lambda: asked.fetchone() == (True,)
