"""What of a fix's answer is left alone, and with it what is for the same violation."""

from collections.abc import Sequence

from msgspec import Struct

from trueup.model.plan import PlannedCall, Skipped
from trueup.primary.alterable import Outside, unaltered
from trueup.primary.applied import Reason
from trueup.primary.callable import uncalled
from trueup.primary.draft import ALREADY, Draft
from trueup.primary.units import units

_IS_SO = frozenset({ALREADY, Reason.ALREADY})
"""Reasons for which nothing else need be left alone: what was asked for is there."""


class Prepared(Struct, frozen=True):
    """A call or an alteration, with the places of the violations that it is for."""

    found: Outside | Skipped
    mends: frozenset[int]


class Kept(Struct, frozen=True):
    """What is planned, what is not, and which violations each of the former is for."""

    drafts: list[Draft]
    outside: list[Outside]
    mends: list[frozenset[int]]
    skipped: list[Skipped]


def keep(drafts: Sequence[Draft], prepared: Sequence[Prepared], violations: int) -> Kept:
    """Leave alone what a round cannot make, and all else that it would have made."""
    mends = [frozenset(one.mends) for one in drafts] + [one.mends for one in prepared]
    reasons = [one.reason for one in drafts] + [_reason(one.found) for one in prepared]
    unit = units(mends, (), violations)
    spoilt = {unit[at] for at, why in enumerate(reasons) if why is not None and why not in _IS_SO}
    reasons = [
        Reason.TOGETHER if why is None and unit[at] in spoilt else why
        for at, why in enumerate(reasons)
    ]
    asked = [*drafts, *(one.found for one in prepared)]
    kept = [one for one, why in zip(asked, reasons, strict=True) if why is None]
    return Kept(
        drafts=[one for one in kept if isinstance(one, Draft)],
        outside=[one for one in kept if isinstance(one, Outside)],
        mends=[each for each, why in zip(mends, reasons, strict=True) if why is None],
        skipped=[_skipped(one, why) for one, why in zip(asked, reasons, strict=True) if why],
    )


def _reason(found: Outside | Skipped) -> str | None:
    return found.reason if isinstance(found, Skipped) else None


def _skipped(one: Draft | Outside | Skipped, reason: str) -> Skipped:
    if isinstance(one, Skipped):
        return one
    if isinstance(one, Draft):
        return Skipped(table=one.table.label, key=one.key, reason=reason)
    if isinstance(one, PlannedCall):
        return uncalled(one, reason)
    return unaltered(one.kind, one.table, one.name, reason)
