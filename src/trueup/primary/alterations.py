"""
The changes of a schema that can be made: what each locks, how it is said, and what takes it back.

Locks are those of PostgreSQL's documentation (ALTER TABLE, CREATE POLICY, REINDEX). Only the
validation of a constraint and the rebuilding of an index take longer on a larger table.
"""

from msgspec import Struct

from trueup.model.change import Alteration

ROW_SECURITY = """
    select case when relrowsecurity then 'on' else 'off' end, relrowsecurity
    from pg_class where oid = %(table)s::bigint::oid and %(name)s = ''
"""

CONSTRAINT = """
    select pg_get_constraintdef(oid), convalidated
    from pg_constraint where conrelid = %(table)s::bigint::oid and conname = %(name)s
"""

POLICY = """
    select format(
        'create policy %%I on %%I.%%I as %%s for %%s to %%s', p.policyname, p.schemaname,
        p.tablename, lower(p.permissive), lower(p.cmd),
        (select string_agg(case role when 'public' then role else quote_ident(role) end, ', ')
         from unnest(p.roles::text[]) as role)
    )
    || coalesce(' using (' || p.qual || ')', '')
    || coalesce(' with check (' || p.with_check || ')', '')
    || coalesce(format('; comment on policy %%I on %%I.%%I is %%L', p.policyname, p.schemaname,
                       p.tablename, obj_description(o.oid, 'pg_policy')), ''), true
    from pg_policy as o
    join pg_class as c on c.oid = o.polrelid
    join pg_namespace as n on n.oid = c.relnamespace
    join pg_policies as p
        on (p.schemaname, p.tablename, p.policyname) = (n.nspname, c.relname, o.polname)
    where o.polrelid = %(table)s::bigint::oid and o.polname = %(name)s
"""

TRIGGER = """
    select pg_get_triggerdef(oid), tgenabled <> 'D'
    from pg_trigger
    where tgrelid = %(table)s::bigint::oid and tgname = %(name)s and not tgisinternal
"""

INDEX = """
    select pg_get_indexdef(i.indexrelid), i.indisvalid and i.indisready and i.indislive
    from pg_index as i join pg_class as c on c.oid = i.indexrelid
    where i.indrelid = %(table)s::bigint::oid and c.relname = %(name)s
"""


class Way(Struct, frozen=True, kw_only=True):
    """
    How one kind of alteration is made.

    `found` asks for the object's definition, and whether it is there, on or valid; `wanted` is
    which of the two it is to be. `statement` is None where the journal has it. `catalog` is what it
    writes, `back` what takes it back. With `reads` it reads the whole table.
    """

    mode: str
    found: str
    wanted: bool
    statement: str | None
    catalog: str
    back: Alteration | None = None
    reads: bool = False


MOMENT = "until the commit, a moment later"

AGAINST = {
    "access exclusive": f"nobody reads or writes the table {MOMENT}",
    "share row exclusive": f"nobody writes the table {MOMENT}",
    "share update exclusive": "everybody reads and writes on",
}
"""Whom a lock on a table keeps out."""

_PG_CLASS, _PG_CONSTRAINT = "pg_catalog.pg_class", "pg_catalog.pg_constraint"
_PG_POLICY, _PG_TRIGGER = "pg_catalog.pg_policy", "pg_catalog.pg_trigger"

WAYS = {
    Alteration.ENABLE_ROW_SECURITY: Way(
        mode="access exclusive",
        found=ROW_SECURITY,
        wanted=True,
        statement="alter table {table} enable row level security",
        catalog=_PG_CLASS,
        back=Alteration.DISABLE_ROW_SECURITY,
    ),
    Alteration.DISABLE_ROW_SECURITY: Way(
        mode="access exclusive",
        found=ROW_SECURITY,
        wanted=False,
        statement="alter table {table} disable row level security",
        catalog=_PG_CLASS,
    ),
    Alteration.VALIDATE_CONSTRAINT: Way(
        mode="share update exclusive",
        found=CONSTRAINT,
        wanted=True,
        statement="alter table {table} validate constraint {name}",
        catalog=_PG_CONSTRAINT,
        reads=True,
    ),
    Alteration.DROP_POLICY: Way(
        mode="access exclusive",
        found=POLICY,
        wanted=False,
        statement="drop policy {name} on {table}",
        catalog=_PG_POLICY,
        back=Alteration.CREATE_POLICY,
    ),
    Alteration.CREATE_POLICY: Way(
        mode="access exclusive",
        found=POLICY,
        wanted=True,
        statement=None,
        catalog=_PG_POLICY,
    ),
    Alteration.ENABLE_TRIGGER: Way(
        mode="share row exclusive",
        found=TRIGGER,
        wanted=True,
        statement="alter table {table} enable trigger {name}",
        catalog=_PG_TRIGGER,
        back=Alteration.DISABLE_TRIGGER,
    ),
    Alteration.DISABLE_TRIGGER: Way(
        mode="share row exclusive",
        found=TRIGGER,
        wanted=False,
        statement="alter table {table} disable trigger {name}",
        catalog=_PG_TRIGGER,
    ),
    Alteration.REINDEX: Way(
        mode="share update exclusive",
        found=INDEX,
        wanted=True,
        statement="reindex index concurrently {index}",
        catalog="pg_catalog.pg_index",
        reads=True,
    ),
}

ONLY_BACK = frozenset(way.back for way in WAYS.values() if way.back)
"""Those that only an undo asks for."""
