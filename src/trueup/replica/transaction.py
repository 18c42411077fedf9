"""A read-only transaction: begun with the guard's own question, and proven untouched at its end."""

import time
from collections.abc import Mapping, Sequence

import psycopg
from msgspec import Struct
from psycopg import sql
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

from trueup.errors import GuardError, QueryError
from trueup.replica.guard import apply_settings
from trueup.replica.later import Later
from trueup.replica.sent import Sent
from trueup.replica.spent import COUNTERS, PARTLY, Counters
from trueup.replica.taken import Taken, taken
from trueup.replica.trouble import TOO_OLD, WORDS, query_error
from trueup.replica.watchdog import answered_within

_BEGIN = "begin isolation level repeatable read read only"

_IMPORT = "set transaction snapshot {}"

_MAKE = """
    select pg_catalog.set_config(name, value, true)
    from unnest(%s::text[], %s::text[]) as wanted(name, value)
"""
"""A first question of our own: after it, no statement can turn the transaction writable."""

_LOOK = f"""
    select pg_catalog.pg_is_in_recovery(),
           pg_catalog.current_setting('transaction_read_only') = 'on',
           pg_catalog.pg_current_snapshot()::text,
           array(select pg_catalog.current_setting(name, true)
                 from pg_catalog.unnest(%s::text[]) with ordinality as made(name, place)
                 order by place),
           has.rows, has.blocks, {PARTLY}
    from ({COUNTERS}) as has
"""  # noqa: S608  # constants
"""What the transaction is, and what its connection had read before it."""

_UNDO = "rollback; select pg_catalog.pg_advisory_unlock_all()"
"""A rollback keeps a session's advisory locks, and behind a pooler so does the session's end."""

_REMADE = """
    select from pg_catalog.pg_locks
    where pid = pg_catalog.pg_backend_pid() and relation >= 16384
      and pg_catalog.pg_relation_filenode(relation) is distinct from (
          select nullif(relfilenode, 0) from pg_catalog.pg_class where oid = relation
      )
"""
"""
What the transaction has read, and so has locked, whose file is not the one that its snapshot knows.

TRUNCATE and ALTER TABLE are not MVCC-safe: to a snapshot from before them such a table is empty.
The catalog's row is that of the snapshot, while the function knows the file that is there now.
"""

PROOF = (
    "select pg_catalog.pg_current_xact_id_if_assigned() is null,"  # noqa: S608  # constants
    f" exists ({_REMADE}), has.rows, has.blocks from ({COUNTERS}) as has"
)
"""Whether nothing was written so far, nor a table remade, and what the connection has read."""

_LAST = f"{PROOF}; {_UNDO}"
"""
One message, and not a pipeline: after rows that came in chunks libpq (18.0) takes the first answer
of a pipeline for another chunk.
"""


class Rules(Struct, frozen=True):
    """What every transaction of a session must be; `shown` is how the server words a setting."""

    settings: Mapping[str, str]
    shown: Sequence[str]
    standby: bool
    patience: float


class _Look(Struct, frozen=True):
    """What the server says of a transaction at its begin."""

    recovering: bool
    read_only: bool
    snapshot: str
    shown: Sequence[str]
    counters: Counters


class Begun(Struct, frozen=True):
    """
    A transaction: the snapshot that it stands on, since when, and what was read before it.

    `also` has the answers to what was asked with the begin.
    """

    snapshot: str
    since: float
    counters: Counters
    also: Sequence[Taken] = ()


def first(
    connection: psycopg.Connection[TupleRow],
    settings: Mapping[str, str],
    *,
    standby: bool,
    patience: float,
) -> Later[Rules]:
    """
    Begin the first transaction of a session, and learn from it what the others must be like.

    Every setting is compared in its base unit here. Raises GuardError where one did not take.
    """
    connection.execute(_BEGIN)
    made = apply_settings(connection, settings, local=True)
    look = connection.execute(_LOOK, [list(settings)])

    def rules() -> Rules:
        kept = {name: settings[name] for name in made()}
        known = dict(zip(settings, _looked(look).shown, strict=True))
        return Rules(kept, [known[name] for name in kept], standby, patience)

    return rules


def begin(
    connection: psycopg.Connection[TupleRow],
    rules: Rules,
    snapshot: str = "",
    also: Sequence[Sent] = (),
) -> Begun:
    """
    Begin, on an exported snapshot if one is given, and ask also what is our own, of the catalog.

    All of it travels at once, in the extended protocol. Raises QueryError where the server refuses
    (42704, or 22023 before PostgreSQL 18, where the snapshot is gone), and GuardError where the
    transaction is not what it should be: the connection is closed then.
    """
    since = time.monotonic()
    try:
        with answered_within(connection, rules.patience), connection.pipeline():
            connection.execute(_BEGIN)
            if snapshot:
                connection.execute(sql.SQL(_IMPORT).format(sql.Literal(snapshot)))
            connection.execute(_MAKE, [list(rules.settings), list(rules.settings.values())])
            look = connection.execute(_LOOK, [list(rules.settings)])
            asked = [connection.execute(text.encode(), params) for text, params in also]
    except psycopg.Error as error:
        drop(connection)
        raise query_error(error) from None
    found = _looked(look)
    if not found.read_only:
        _refuse(connection, "the transaction is not read-only")
    if rules.standby and not found.recovering:
        _refuse(connection, "the server is no standby any more; it was promoted during the run")
    if list(found.shown) != list(rules.shown):
        _refuse(connection, "a setting did not take in this transaction; a pooler drops it")
    return Begun(found.snapshot, since, found.counters, list(map(taken, asked)))


def end(
    connection: psycopg.Connection[TupleRow], rules: Rules, proof: TupleRow | None = None
) -> Counters | None:
    """
    Prove that nothing was written, and roll back; gives what the connection has read by now.

    A `proof` that came with the last answers is not asked for again. Raises GuardError where the
    transaction was given an id: then something tried to write. Where a question failed neither can
    be asked for, and the question has said so itself.
    """
    if connection.closed or connection.info.transaction_status is not TransactionStatus.INTRANS:
        drop(connection)
        return None
    try:
        with answered_within(connection, rules.patience):
            last = connection.execute(_UNDO if proof else _LAST)
    except psycopg.Error as error:
        connection.close()
        raise query_error(error) from None
    return proven(connection, proof or last.fetchone())


def proven(connection: psycopg.Connection[TupleRow], proof: TupleRow | None) -> Counters:
    """
    What the connection has read; raises GuardError where something tried to write.

    Raises QueryError where a table was remade after the snapshot, which then shows it empty.
    """
    harmless, remade, *counted = proof or (False, False)
    if not harmless:
        _refuse(
            connection,
            "the transaction was given a transaction id, so something in it tried to write",
        )
    if remade:
        raise QueryError(f"{WORDS[TOO_OLD]} ({TOO_OLD})", TOO_OLD, transient=True)
    return Counters(*counted)


def drop(connection: psycopg.Connection[TupleRow]) -> None:
    """Roll back without a proof; a connection that cannot even do that is closed."""
    try:
        if not connection.closed:
            with answered_within(connection, 0):
                connection.execute(_UNDO)
    except (psycopg.Error, QueryError):
        connection.close()


def _looked(cursor: psycopg.Cursor[TupleRow]) -> _Look:
    row = cursor.fetchone()
    if row is None:  # pragma: no cover  # the question has exactly one row
        raise AssertionError("unreachable")
    recovering, read_only, snapshot, shown, rows, blocks, partly = row
    return _Look(recovering, read_only, snapshot, shown, Counters(rows, blocks, partly))


def _refuse(connection: psycopg.Connection[TupleRow], words: str) -> None:
    connection.close()
    raise GuardError(f"{words}; the connection was closed")
