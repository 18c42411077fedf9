"""Alterations on their way into a plan: whether they could be made, and what they would lock."""

from collections.abc import Sequence

from msgspec.structs import replace

from trueup.errors import PlanError
from trueup.model.change import Alter, Alteration
from trueup.model.plan import OWNER, PlannedAlteration, PlannedCall, Skipped
from trueup.primary.alterations import AGAINST, ONLY_BACK, WAYS, Way
from trueup.primary.applied import Altered, Reason
from trueup.primary.owner import REBUILD
from trueup.primary.schema_object import SchemaObject, compared, find
from trueup.primary.session import Connection

NO_WAY_BACK = "nothing takes that back"

_SHUT_OUT = """
    select r.rolname
    from pg_roles as r join pg_class as c on c.oid = %s::bigint::oid
    where has_table_privilege(r.oid, c.oid, 'select') and r.rolname !~ '^pg_'
      and not r.rolsuper and not r.rolbypassrls and not pg_has_role(r.oid, c.relowner, 'usage')
      and not exists (
          select from pg_policy as p, unnest(p.polroles) as role
          where p.polrelid = c.oid and p.polpermissive and p.polcmd in ('r', '*')
            and case role when 0 then true else pg_has_role(r.oid, role, 'usage') end
      )
    order by r.rolname
"""

Outside = PlannedAlteration | PlannedCall
"""What is planned and is no row: made in its unit's transaction, or after that."""


def prepare(connection: Connection, fix: str, change: Alter) -> Outside | Skipped:
    """
    The alteration as a plan has it.

    An index is rebuilt outside of any transaction, so that is a call. Raises PlanError for a kind
    that no fix may ask for, and for a table that is not there.
    """
    kind = Alteration(change.kind)
    if kind in ONLY_BACK:
        raise PlanError(f"{fix} would {kind}; that only takes back what another fix did")
    found = find(connection, kind, change.table, change.name)
    if found is None:
        raise PlanError(f"{fix}: there is no table {change.table!r}; write it as stored")
    reason = compared(WAYS[kind], found, found.definition)
    if reason is None and found.definition is None:
        reason = Reason.GONE
    if reason is not None:
        return unaltered(kind, found.label, found.name, reason)
    planned = _planned(connection, kind, found)
    return _rebuilt(planned, found) if kind is Alteration.REINDEX else planned


def restored(
    connection: Connection, altered: Sequence[Altered], first: int
) -> tuple[list[PlannedAlteration], list[Skipped]]:
    """What takes alterations back, the last first, in units from `first` on; the rest is left."""
    planned: list[PlannedAlteration] = []
    skipped: list[Skipped] = []
    for unit, one in enumerate(reversed(altered), start=first):
        kind = WAYS[one.kind].back
        found = find(connection, kind, one.table, one.name) if kind else None
        if kind is None or found is None:
            reason: str | None = NO_WAY_BACK if kind is None else Reason.GONE
        else:
            reason = compared(WAYS[kind], found, one.after)
        if kind is not None and found is not None and reason is None:
            again = one.before if WAYS[kind].statement is None else None
            shown = f"as the journal has it: {again}" if again else None
            made = _planned(connection, kind, found)
            planned.append(replace(made, unit=unit, warning=shown or made.warning))
        else:
            said = Reason.DIVERGED if reason == Reason.MOVED else str(reason)
            skipped.append(unaltered(one.kind, one.table, one.name, said))
    return planned, skipped


def unaltered(kind: Alteration, table: str, name: str, reason: str) -> Skipped:
    """An alteration that is not made, and why."""
    return Skipped(table=table, key={str(kind): name or None}, reason=reason)


def _planned(connection: Connection, kind: Alteration, found: SchemaObject) -> PlannedAlteration:
    return PlannedAlteration(
        kind=kind,
        table=found.label,
        name=found.name,
        definition=found.definition,
        locks=_locks(WAYS[kind], found),
        warning=_warning(connection, kind, found),
    )


def _rebuilt(planned: PlannedAlteration, found: SchemaObject) -> PlannedCall:
    return PlannedCall(
        service=OWNER,
        method=REBUILD,
        path=f"{found.schema}.{found.name}",
        body={"table": found.label, "index": found.name, "locks": planned.locks},
    )


def _locks(way: Way, found: SchemaObject) -> str:
    said = f"{way.mode.upper()}: {AGAINST[way.mode]}"
    if way.reads:
        return f"{said}; it reads the whole table, about {found.rows:,} rows in {found.size}"
    return said


def _warning(connection: Connection, kind: Alteration, found: SchemaObject) -> str:
    """Who no longer reads a table once its policies decide."""
    if kind is not Alteration.ENABLE_ROW_SECURITY:
        return ""
    roles = ", ".join(row[0] for row in connection.execute(_SHUT_OUT, [found.oid]))
    return f"no policy lets these roles in, and they will see no row: {roles}" if roles else ""
