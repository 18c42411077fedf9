"""Altering a schema inside a batch: locked, compared with the plan, altered, and told."""

from collections.abc import Mapping

import psycopg
from psycopg import sql

from trueup.errors import ApplyError
from trueup.model.plan import PlannedAlteration, Skipped
from trueup.primary import journal_alterations
from trueup.primary.alterable import unaltered
from trueup.primary.alterations import WAYS, Way
from trueup.primary.applied import Altered, Reason
from trueup.primary.schema_object import SchemaObject, compared, find
from trueup.primary.session import Connection
from trueup.primary.work import Work

LONGEST = "1h"
"""How long the reading of a whole table may take; everybody reads and writes on meanwhile."""

_PATIENT = """
    select set_config(name, case name when 'statement_timeout' then %s else '0' end, true)
    from pg_settings where name in ('statement_timeout', 'transaction_timeout')
"""

_POLICY = """
    select format('create policy %%I on %%I.%%I as ', %s::text, %s::text, %s::text),
           format('comment on policy %%I on %%I.%%I is ', %s::text, %s::text, %s::text)
"""

Alterations = list[tuple[int, PlannedAlteration]]
"""Alterations with their places in the plan."""


def keep(
    connection: Connection, planned: Alterations, spoilt: Mapping[int, Reason]
) -> tuple[Alterations, list[Skipped]]:
    """Lock the tables, and keep what is still as planned; what belongs together stays together."""
    reasons = {place: spoilt.get(one.unit) or _reason(connection, one) for place, one in planned}
    broken = {one.unit for place, one in planned if reasons[place] not in (None, Reason.ALREADY)}
    kept: Alterations = []
    left: list[Skipped] = []
    for place, one in planned:
        reason = reasons[place] or (Reason.TOGETHER if one.unit in broken else None)
        if reason is None:
            kept.append((place, one))
        else:
            left.append(unaltered(one.kind, one.table, one.name, reason))
    return kept, left


def make(work: Work, kept: Alterations) -> list[Altered]:
    """Make them, and say what each object was and is."""
    return [_made(work, place, one) for place, one in kept]


def tables(connection: Connection, kept: Alterations) -> list[int]:
    """The oids of the tables that these are about."""
    found = (find(connection, one.kind, one.table, one.name) for _, one in kept)
    return [one.oid for one in found if one is not None]


def _reason(connection: Connection, one: PlannedAlteration) -> Reason | None:
    """Lock the table as the alteration will, and say why it is to be left alone, or None."""
    way = WAYS[one.kind]
    found = find(connection, one.kind, one.table, one.name)
    if found is None:
        return Reason.GONE
    try:
        with connection.transaction():
            connection.execute(
                sql.SQL("lock table {} in {} mode").format(found.identifier, sql.SQL(way.mode))
            )
    except psycopg.errors.LockNotAvailable:
        return Reason.LOCKED
    now = find(connection, one.kind, one.table, one.name)
    return Reason.GONE if now is None else compared(way, now, one.definition)


def _made(work: Work, place: int, one: PlannedAlteration) -> Altered:
    way = WAYS[one.kind]
    connection = work.connection
    before = _found(connection, one)
    timeout = connection.execute("show statement_timeout").fetchone()
    if way.reads:
        connection.execute(_PATIENT, [LONGEST])
    for statement in _statements(work, one, way, before):
        connection.execute(statement, binary=True)  # the extended protocol: one statement each
    connection.execute("select set_config('statement_timeout', %s, true)", timeout)
    after = _found(connection, one)
    if after.is_on is not way.wanted:
        raise ApplyError(f"{one.words} did not take; everything was rolled back")
    return Altered(
        place=place,
        kind=one.kind,
        table=one.table,
        name=one.name,
        before=before.definition,
        after=after.definition,
    )


def _found(connection: Connection, one: PlannedAlteration) -> SchemaObject:
    found = find(connection, one.kind, one.table, one.name)
    if found is None:  # pragma: no cover  # the table is locked
        raise AssertionError("unreachable")
    return found


def _statements(
    work: Work, one: PlannedAlteration, way: Way, found: SchemaObject
) -> list[sql.Composed | bytes]:
    """The SQL, made of names; what is created again is what the journal has, never the plan."""
    if way.statement is None:
        said = journal_alterations.definition(work.connection, work.plan.undoes, one)
        return [text.encode() for text in _policy(work.connection, found, said)]
    return [sql.SQL(way.statement).format(table=found.identifier, name=sql.Identifier(one.name))]


def _policy(connection: Connection, found: SchemaObject, said: str) -> list[str]:
    """
    The statement that creates a policy, and the one that comments it, where there was a comment.

    The owner says them, and the fixer wrote the journal: so each is to be what it begins like.
    """
    names = [found.name, found.schema, found.table]
    created, noted = connection.execute(_POLICY, [*names, *names]).fetchone() or ("", "")
    create, marker, comment = said.rpartition(f"; {noted}")
    create = create if marker else said
    if not create.startswith(created):
        raise ApplyError(
            f"what the journal has of {found.name} on {found.label} is no policy of it"
        )
    return [create, f"{noted}{comment}"] if marker else [create]
