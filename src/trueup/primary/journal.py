"""The journal: what was changed, by whom and why, in the primary itself, and only ever added to."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import msgspec
from msgspec import Struct
from psycopg.rows import class_row

from trueup.errors import JournalError
from trueup.model.plan import Op, Plan
from trueup.model.violation import Key
from trueup.primary.applied import Cause, Moved, Proof
from trueup.primary.session import Connection
from trueup.primary.trouble import refused
from trueup.replica.quoting import array

# Not COPY: the server has none for a role to which row security applies.
_ADD = """
    with added as (
        insert into trueup.journal
            (system, fix, kind, undoes, digest, batch, planned, "by", applied_by, approved_by,
             reason, environment, code, as_of, no_undo)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        returning id
    ), rows as (
        insert into trueup.journal_rows
            (entry, seq, change, relation, op, cause, key, before, after)
        select added.id, n - 1, (row ->> 0)::int, row ->> 1, row ->> 2, row ->> 3, row -> 4,
               nullif(row -> 5, 'null'), nullif(row -> 6, 'null')
        from added, jsonb_array_elements(%s::jsonb) with ordinality as moved(row, n)
    )
    select id from added
"""

_ADD_PROOFS = """
    insert into trueup.journal_proofs (entry, place, invariant, verdict, detail, mended)
    select entry, place, invariant, verdict, detail,
           case when entry = %(last)s then mended::jsonb else '[]'::jsonb end
    from unnest(%(entries)s::bigint[]) as entry,
         unnest(%(places)s::text[], %(invariants)s::text[], %(verdicts)s::text[],
                %(details)s::text[], %(mended)s::text[])
             as proof(place, invariant, verdict, detail, mended)
"""

_ENTRY = """
    select
        id, at, system, fix, kind, undoes, digest, batch, planned, "by", applied_by, approved_by,
        reason, environment, code, as_of, no_undo, login,
        (select count(*) from trueup.journal_rows where entry = j.id) as rows,
        (select count(*) from trueup.journal_alterations where entry = j.id) as alterations,
        (select count(*) from trueup.journal_calls where entry = j.id) as calls,
        array(select u.id from trueup.journal u where u.undoes = j.id order by 1) as undone_by,
        (select min(at) from trueup.journal_forgotten f where f.before > j.at) as forgotten
    from trueup.journal j
"""

_ROWS = """
    select op, relation, cause, key, before, after, change
    from trueup.journal_rows where entry = %s order by seq
"""

_PROOFS = """
    select invariant, place, verdict, detail, mended, at
    from trueup.journal_proofs where entry = %s order by id
"""

_MENDED = """
    select distinct p.invariant, key
    from trueup.journal j
    join trueup.journal whole on whole.digest = j.digest
    join trueup.journal_proofs p on p.entry = whole.id, jsonb_array_elements(p.mended) as key
    where j.id = %s
"""

_MADE = """
    select r.change from trueup.journal j join trueup.journal_rows r on r.entry = j.id
    where j.digest = %s and r.change = any(%s) and not exists (
        select from trueup.journal u join trueup.journal_rows back on back.entry = u.id
        where u.undoes = j.id and back.relation = r.relation and back.key = r.key
          and not exists (select from trueup.journal again where again.undoes = u.id)
    )
"""


class Entry(Struct, frozen=True, kw_only=True):
    """
    What one batch of one plan did; `undone_by` are the entries that took it back.

    `planned` is how many changes the whole plan had; `by` planned it, `applied_by` applied it;
    `forgotten` is when its rows went, None while they are there.
    """

    id: int
    at: datetime
    system: str
    fix: str
    kind: str
    undoes: int | None
    digest: str
    batch: int
    planned: int
    by: str
    applied_by: str
    approved_by: str | None
    reason: str
    environment: str
    code: str
    as_of: datetime
    no_undo: str | None
    login: str
    rows: int
    alterations: int
    calls: int
    undone_by: list[int]
    forgotten: datetime | None


class Recorded(Struct, frozen=True):
    """What an invariant said of an entry, and when."""

    invariant: str
    place: str
    verdict: str
    detail: str
    mended: tuple[Key, ...]
    at: datetime


def add(connection: Connection, plan: Plan, batch: int, by: str, moved: Sequence[Moved]) -> int:
    """
    Write an entry and its rows in the transaction that made them; gives the entry's id.

    Of what cannot be undone only the keys are kept: images of it would serve nobody, and what was
    erased for privacy would live on here.
    """
    bare = plan.undo is not None
    images = [
        (one.change, one.table, str(one.op), str(one.cause), one.key)  # enums are encoded slowly
        + ((None, None) if bare else (one.before, one.after))
        for one in moved
    ]
    with visible(connection):
        row = connection.execute(
            _ADD,
            [
                plan.system,
                plan.fix,
                "apply" if plan.undoes is None else "undo",
                plan.undoes,
                plan.digest,
                batch,
                plan.size,
                plan.by,
                by,
                ", ".join(one.by for one in plan.approvals) or None,
                plan.reason,
                plan.environment,
                plan.code,
                plan.as_of,
                plan.undo,
                msgspec.json.encode(images).decode(),
            ],
        ).fetchone()
    return int(row[0]) if row else 0


def add_proofs(connection: Connection, entries: Sequence[int], proofs: Sequence[Proof]) -> None:
    """
    Write what the invariants said of entries of one plan.

    What was mended is kept with the last of them alone: it is said of all of them together.
    """
    if not proofs:
        return
    with visible(connection):
        connection.execute(
            _ADD_PROOFS,
            {
                "last": entries[-1],
                "entries": list(entries),
                "places": array(one.place for one in proofs),
                "invariants": array(one.invariant for one in proofs),
                "verdicts": array(one.verdict for one in proofs),
                "details": array(one.detail for one in proofs),
                "mended": array(json.dumps(one.mended) for one in proofs),
            },
        )


def made(connection: Connection, digest: str, places: Sequence[int]) -> frozenset[int]:
    """Those of these places of a plan whose change was made already, and was not undone."""
    with visible(connection):
        found = connection.execute(_MADE, [digest, list(places)]).fetchall()
    return frozenset(row[0] for row in found)


def entries(connection: Connection, system: str, limit: int = 20) -> list[Entry]:
    """The latest entries of a system, the newest first."""
    asked = _ENTRY + " where system = %s order by id desc limit %s"
    with _read(connection), connection.cursor(row_factory=class_row(Entry)) as cursor:
        return cursor.execute(asked.encode(), [system, limit]).fetchall()


def entry(connection: Connection, system: str, number: int) -> Entry:
    """One entry; raises JournalError where the system has none of that number."""
    asked = _ENTRY + " where system = %s and id = %s"
    with _read(connection), connection.cursor(row_factory=class_row(Entry)) as cursor:
        found = cursor.execute(asked.encode(), [system, number]).fetchone()
    if found is None:
        raise JournalError(f"{system} has no journal entry {number}; see `trueup journal show`")
    return found


def rows(connection: Connection, number: int) -> list[Moved]:
    """The rows that an entry moved, in the order in which they were journaled."""
    with _read(connection):
        found = connection.execute(_ROWS, [number]).fetchall()
    return [
        Moved(
            op=Op(op),
            table=table,
            cause=Cause(cause),
            key=key,
            before=before,
            after=after,
            change=change,
        )
        for op, table, cause, key, before, after, change in found
    ]


def mended(connection: Connection, number: int) -> list[tuple[str, Key]]:
    """The violations, by invariant and key, that an entry's plan has mended in all its entries."""
    with _read(connection):
        found = connection.execute(_MENDED, [number]).fetchall()
    return [(invariant, tuple(key)) for invariant, key in found]


def proofs(connection: Connection, number: int) -> list[Recorded]:
    """What invariants said of an entry, in the transaction and afterwards."""
    with _read(connection):
        found = connection.execute(_PROOFS, [number]).fetchall()
    return [
        Recorded(invariant, place, verdict, detail, tuple(tuple(key) for key in mended), at)
        for invariant, place, verdict, detail, mended, at in found
    ]


@contextmanager
def visible(connection: Connection) -> Iterator[None]:
    """
    See the journal's rows through its policies, inside a transaction.

    Everywhere else row security is off, so that a hidden row is an error and not a silence.
    """
    connection.execute("set local row_security = on")
    yield
    connection.execute("set local row_security = off")


@contextmanager
def _read(connection: Connection) -> Iterator[None]:
    with refused("read the journal", JournalError), connection.transaction(), visible(connection):
        yield
