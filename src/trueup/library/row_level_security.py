"""Row-level security: it is on, and no policy opens a table to everybody's writes."""

from collections.abc import Iterable, Sequence
from typing import Unpack

from trueup.library.declare import Options, declared
from trueup.model.invariant import Invariant, Row
from trueup.replica.names import spelt
from trueup.replica.reader import Reader

_TABLES = """(
    select from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname in (:schemas) and c.relkind in ('r', 'p')
)"""

_OPEN = """
    select n.nspname || '.' || c.relname as "table", format('%I.%I', n.nspname, c.relname) as name,
           (select count(*) from pg_policy where polrelid = c.oid) as policies
    from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname in (:schemas) and c.relkind in ('r', 'p') and not c.relrowsecurity
      and not exists (
          select from pg_depend as d
          where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
      )
    order by "table"
"""

_POLICIES = "(select from pg_policies where schemaname in (:schemas))"

_WRITABLE = """
    select schemaname || '.' || tablename || '.' || policyname as policy,
           format('%I.%I', schemaname, tablename) as "table", quote_ident(policyname) as name,
           schemaname || '.' || tablename as relation, policyname,
           cmd as command, array_to_string(roles, ', ') as roles
    from pg_policies
    where schemaname in (:schemas) and permissive = 'PERMISSIVE'
      and roles && array['public', 'anon', 'authenticated']::name[]
      and (
          cmd in ('INSERT', 'UPDATE', 'ALL') and coalesce(with_check, qual) = 'true'
          or cmd in ('UPDATE', 'DELETE', 'ALL') and qual = 'true'
      )
    order by policy
"""


def every_table_has_row_level_security(
    schemas: Sequence[str] = ("public",), **said: Unpack[Options]
) -> Invariant:
    """Every table of a schema that the API serves has it on; an extension's own tables need not."""
    tables = spelt(_OPEN, schemas=schemas)

    def ask(replica: Reader) -> Iterable[Row]:
        return replica.rows(tables)

    return declared(
        ask,
        {
            "severity": "P0",
            "fix": "enable_row_level_security",
            "harm": "Whoever holds the public key in the site's scripts reads and writes every row"
            " of the table.",
        },
        said,
        over={"tables": spelt(_TABLES, schemas=schemas)},
        show=["name"],
    )


def no_policy_lets_everyone_write(
    schemas: Sequence[str] = ("public",), **said: Unpack[Options]
) -> Invariant:
    """
    No permissive policy for everybody has the literal `true` where it decides on a write.

    USING says whose rows an update or a delete may touch: with `true` there, a WITH CHECK that asks
    for one's own row lets anybody make anybody's row theirs. Without WITH CHECK it decides on both.
    """
    policies = spelt(_WRITABLE, schemas=schemas)

    def ask(replica: Reader) -> Iterable[Row]:
        return replica.rows(policies)

    return declared(
        ask,
        {
            "severity": "P0",
            "fix": ["narrow_policy", "drop_policy"],
            "harm": "Any visitor writes anybody's rows with the public key: plans, roles and"
            " credits included.",
        },
        said,
        over={"policies": spelt(_POLICIES, schemas=schemas)},
        show=["table", "name", "command", "roles"],
    )
