"""What of a batch is still to be done: rows locked and compared, violations asked for again."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from trueup.model.plan import Op, PlannedCall, Skipped, Target
from trueup.primary import altering, call_journal, journal
from trueup.primary.altering import Alterations
from trueup.primary.applied import Reason
from trueup.primary.callable import uncalled
from trueup.primary.jury import Jury
from trueup.primary.locking import Planned, by_table, compared
from trueup.primary.pieces import Piece
from trueup.primary.proven import Violating, violating
from trueup.primary.tables import Tables
from trueup.primary.work import Done, Work

Calls = list[tuple[int, PlannedCall]]
"""Calls with their places in the plan."""


class Kept(Struct, frozen=True):
    """What of a piece is still to be done."""

    rows: list[Planned]
    calls: Calls
    alterations: Alterations

    @property
    def units(self) -> frozenset[int]:
        """The units that are done at once; what is called is done later."""
        altered = (one.unit for _, one in self.alterations)
        return frozenset((*(one.change.unit for one in self.rows), *altered))

    def __bool__(self) -> bool:
        return bool(self.rows or self.calls or self.alterations)


def keep(work: Work, tables: Tables, piece: Piece, jury: Jury, done: Done) -> Kept:
    """Lock the rows, ask the invariants, and keep what is still to be done; notes the rest."""
    planned = by_table(tables, piece.changes)
    reasons = compared(work.connection, planned, _made(work, planned))
    done.before = violating(work.connection, jury.asked, work.world, jury.among)
    targets = [target for target in piece.targets if target.invariant in done.before]
    spoilt = _leave_units(planned, targets, done.before, reasons)
    calls, left = _uncalled(work, piece, spoilt)
    done.skipped = [_skipped(one, reasons[one.place]) for one in planned if one.place in reasons]
    alterations, unaltered = altering.keep(work.connection, piece.alterations, spoilt)
    done.skipped += [*left, *unaltered]
    done.left = still(targets, done.before)
    return Kept([one for one in planned if one.place not in reasons], calls, alterations)


def still(targets: Sequence[Target], violating_: Violating) -> list[Target]:
    """Those of the targets that violate."""
    return [target for target in targets if target.key in violating_[target.invariant]]


def _made(work: Work, planned: Sequence[Planned]) -> frozenset[int]:
    """The places of inserts without a key of ours that the journal has already."""
    nameless = [one.place for one in planned if one.change.op is Op.INSERT and not one.change.key]
    return journal.made(work.connection, work.plan.digest, nameless) if nameless else frozenset()


def _leave_units(
    planned: Sequence[Planned],
    targets: Sequence[Target],
    before: Violating,
    reasons: dict[int, Reason],
) -> dict[int, Reason]:
    """Leave a whole unit alone where one of its rows is, or where it no longer violates."""
    spoilt = {
        one.change.unit: Reason.TOGETHER
        for one in planned
        if reasons.get(one.place, Reason.ALREADY) is not Reason.ALREADY
    }
    for target in targets:
        if target.key not in before[target.invariant]:
            spoilt.setdefault(target.unit, Reason.NO_LONGER)
    for one in planned:
        if one.change.unit in spoilt:
            reasons.setdefault(one.place, spoilt[one.change.unit])
    return spoilt


def _uncalled(
    work: Work, piece: Piece, spoilt: Mapping[int, Reason]
) -> tuple[Calls, list[Skipped]]:
    """The calls that are still to be made, and those that are left alone."""
    if not piece.calls:
        return [], []
    plan = work.plan
    intended = {one.change for one in call_journal.of_plan(work.connection, plan.digest)}
    owed = None if plan.undoes is None else call_journal.owed(work.connection, plan.undoes)
    unmade: Calls = []
    left: list[Skipped] = []
    for place, call in piece.calls:
        reason = spoilt.get(call.unit)
        if place in intended or (owed is not None and not owed[call_journal.said(call)]):
            reason = Reason.ALREADY
        if reason is None:
            if owed is not None:
                owed[call_journal.said(call)] -= 1
            unmade.append((place, call))
        else:
            left.append(uncalled(call, reason))
    return unmade, left


def _skipped(one: Planned, reason: Reason) -> Skipped:
    return Skipped(table=one.change.table, key=one.change.key, reason=str(reason))
