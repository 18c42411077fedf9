"""One batch of a plan: locked, compared, changed, proven and journaled in one transaction."""

import time

from psycopg import Rollback

from trueup.errors import ApplyError
from trueup.primary import (
    altering,
    call_journal,
    effects,
    journal,
    journal_alterations,
    jury,
    pace,
    references,
)
from trueup.primary.changing import change
from trueup.primary.keeping import Kept, keep, still
from trueup.primary.pieces import Piece
from trueup.primary.tables import Tables
from trueup.primary.trouble import refused
from trueup.primary.work import Done, Work

_ALONE = "select pg_try_advisory_xact_lock(hashtextextended(%s, 0))"


def run(work: Work, piece: Piece, number: int, *, first: bool) -> Done:
    """Apply a piece of the plan; nothing was changed before the `first`, which all must prove."""
    done = Done()
    started = time.perf_counter()
    connection = work.connection
    with refused("apply the plan"), connection.transaction():
        _require_alone(work)
        began = effects.counts(connection)
        tables = Tables(connection)
        asked = jury.choose(work, piece, first=first)
        kept = keep(work, tables, piece, asked, done)
        if not kept:
            raise Rollback
        known = change(work, tables, kept.rows)
        done.altered = altering.make(work, kept.alterations)
        connection.execute("set constraints all immediate")
        written = effects.counts(connection) - began
        done.moved = effects.moved(
            connection,
            work.observer,
            tables,
            known,
            written,
            altered=altering.tables(connection, kept.alterations),
        )
        if work.plan.undoes is not None:
            references.verify(connection, tables, done.moved)
        done.calls, done.called = len(kept.calls), frozenset(one.unit for _, one in kept.calls)
        units = kept.units | done.called
        done.mended = [target for target in piece.targets if target.unit in units]
        done.proofs, after = jury.prove(work, tables, done, asked)
        at_once = [one for one in piece.targets if one.unit not in done.called]
        done.left = still([one for one in at_once if one.invariant in after], after)
        _journal(work, number, kept, done)
        done.waited_for = pace.waited_for(work.observer, connection.info.backend_pid)
    done.seconds = time.perf_counter() - started
    return done


def _journal(work: Work, number: int, kept: Kept, done: Done) -> None:
    connection = work.connection
    with connection.pipeline():  # settings travel with what they are for
        done.entry = journal.add(connection, work.plan, number, work.by, done.moved)
        call_journal.intend(connection, done.entry, work.plan.digest, kept.calls)
        journal_alterations.add(connection, done.entry, done.altered)
        journal.add_proofs(connection, [done.entry], done.proofs)


def _require_alone(work: Work) -> None:
    row = work.connection.execute(_ALONE, [f"trueup:{work.plan.system}"]).fetchone()
    if not (row and row[0]):
        raise ApplyError(
            f"somebody else is mending {work.plan.system} at this moment; nothing was changed,"
            " run it again when they are done"
        )
