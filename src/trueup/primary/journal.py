"""The journal: what was changed, by whom and why, in the primary itself, and only ever added to."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files

from psycopg import sql
from psycopg.rows import class_row

from trueup.errors import JournalError
from trueup.model.plan import Image, Op, Plan
from trueup.primary.applied import Cause, Moved, Proof
from trueup.primary.session import APPLICATION, Connection
from trueup.primary.trouble import refused
from trueup.replica.connection import Dsn, connect

_OWNS = """
    select pg_has_role(rolname, current_user, 'member') from pg_roles where rolname = %s
"""

_THERE = """
    select
        true, has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'insert')
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'trueup' and c.relname = 'journal_proofs'
"""

_ADD = """
    insert into trueup.journal
        (system, fix, kind, undoes, digest, batch, batches, "by", reason, environment, code, as_of,
         no_undo)
    values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    returning id
"""

# Not COPY: the server has none for a role to which row security applies.
_ADD_ROWS = """
    insert into trueup.journal_rows
        (entry, seq, change, relation, op, cause, key, before, after)
    select %s, n - 1, change, relation, op, cause, key::jsonb, before::jsonb, after::jsonb
    from unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
        with ordinality as moved(change, relation, op, cause, key, before, after, n)
"""

_ADD_PROOF = """
    insert into trueup.journal_proofs (entry, place, invariant, verdict, detail, mended)
    values (%s, %s, %s, %s, %s, %s)
"""

_ENTRY = """
    select
        id, at, system, fix, kind, undoes, digest, batch, batches, "by", reason, environment, code,
        as_of, no_undo, login,
        (select count(*) from trueup.journal_rows where entry = j.id) as rows,
        array(select u.id from trueup.journal u where u.undoes = j.id order by 1) as undone_by
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

_MADE = """
    select r.change from trueup.journal j join trueup.journal_rows r on r.entry = j.id
    where j.digest = %s and r.change is not null and not exists (
        select from trueup.journal u join trueup.journal_rows back on back.entry = u.id
        where u.undoes = j.id and back.relation = r.relation and back.key = r.key
          and not exists (select from trueup.journal again where again.undoes = u.id)
    )
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one batch of one plan did; `undone_by` are the entries that took it back."""

    id: int
    at: datetime
    system: str
    fix: str
    kind: str
    undoes: int | None
    digest: str
    batch: int
    batches: int
    by: str
    reason: str
    environment: str
    code: str
    as_of: datetime
    no_undo: str | None
    login: str
    rows: int
    undone_by: list[int]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What an invariant said of an entry, and when."""

    invariant: str
    place: str
    verdict: str
    detail: str
    mended: tuple[tuple[str, ...], ...]
    at: datetime


def script(fixer: str) -> str:
    """The SQL that installs the journal, for whoever would rather run it by hand."""
    text = files("trueup.primary").joinpath("journal.sql").read_text(encoding="utf-8")
    return text.replace("{fixer}", sql.Identifier(fixer).as_string())


def install(dsn: Dsn, fixer: str) -> None:
    """
    Install the journal, or bring it up to date, as the role that is to own it.

    Raises JournalError where that role is the fixer itself, which could then change what it wrote.
    """
    with (
        connect(dsn, standby=False, application=APPLICATION) as connection,
        refused("install the journal", JournalError),
        connection.transaction(),
    ):
        found = connection.execute(_OWNS, [fixer]).fetchone()
        if found is None:
            raise JournalError(f"there is no role {fixer!r}; create the fixer's role first")
        if found[0]:
            raise JournalError(
                f"{fixer!r} may act as the role that would own the journal, and so change what it"
                " wrote; install the journal as a role that the fixer is no member of"
            )
        connection.execute(script(fixer).encode())


def installed(connection: Connection) -> bool:
    """Whether the journal is there and this role may add to it."""
    row = connection.execute(_THERE).fetchone()
    return bool(row and row[1])


def require(connection: Connection, system: str, environment: str) -> None:
    """Raise JournalError, with the command that installs it, where there is no journal."""
    with refused("look for the journal", JournalError):
        there, usable = connection.execute(_THERE).fetchone() or (False, False)
    if usable:
        return
    what = "may not be written by this role" if there else "is not installed"
    raise JournalError(
        f"the journal {what}; run: trueup journal install --system {system} --env {environment}"
    )


def add(connection: Connection, plan: Plan, batch: tuple[int, int], moved: Sequence[Moved]) -> int:
    """Write an entry and its rows in the transaction that made them; gives the entry's id."""
    with visible(connection):
        row = connection.execute(
            _ADD,
            [
                plan.system,
                plan.fix,
                "apply" if plan.undoes is None else "undo",
                plan.undoes,
                plan.digest,
                *batch,
                plan.by,
                plan.reason,
                plan.environment,
                plan.code,
                plan.as_of,
                plan.undo,
            ],
        ).fetchone()
        entry = int(row[0]) if row else 0
        connection.execute(
            _ADD_ROWS,
            [
                entry,
                [one.change for one in moved],
                [one.table for one in moved],
                [str(one.op) for one in moved],
                [str(one.cause) for one in moved],
                [_image(one.key) for one in moved],
                [_image(one.before) for one in moved],
                [_image(one.after) for one in moved],
            ],
        )
    return entry


def add_proofs(connection: Connection, entry: int, proofs: Sequence[Proof]) -> None:
    """Write what the invariants said."""
    with visible(connection):
        connection.cursor().executemany(
            _ADD_PROOF,
            [
                (entry, one.place, one.invariant, one.verdict, one.detail, json.dumps(one.mended))
                for one in proofs
            ],
        )


def made(connection: Connection, digest: str) -> frozenset[int]:
    """The places of a plan's changes that were made already, and were not undone."""
    with visible(connection):
        return frozenset(row[0] for row in connection.execute(_MADE, [digest]).fetchall())


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


def _image(image: Image | None) -> str | None:
    return None if image is None else json.dumps(image, ensure_ascii=False)
