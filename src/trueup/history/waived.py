"""Waivers meet a run: which violations they cover, which have ended, which matched nothing."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from trueup.model.run import Record, Run, WaiverRecord
from trueup.model.verdict import Outcome, Verdict
from trueup.model.violation import key_text
from trueup.model.waiver import Waiver


class Waivers(Struct, frozen=True):
    """The waivers of one environment, as of when the run was started."""

    all: tuple[Waiver, ...]
    environment: str
    now: datetime

    def of(self, invariant: str) -> tuple[Waiver, ...]:
        """Those that speak of an invariant here."""
        return tuple(one for one in self.here if one.invariant == invariant)

    @property
    def here(self) -> tuple[Waiver, ...]:
        """Those that speak of this environment."""
        return tuple(one for one in self.all if one.concerns(self.environment))

    def in_force(self, waiver: Waiver) -> bool:
        """Whether the last day of a waiver is not over yet."""
        return self.now < waiver.ends


class Settled(Struct, frozen=True):
    """An outcome after its waivers: violations that none covers first, and how many are covered."""

    outcome: Outcome
    covered: int
    waivers: tuple[WaiverRecord, ...]

    def on(self, record: Record) -> Record:
        """The record of the outcome, with what the waivers did to it."""
        return replace(record, waived=self.covered, waivers=self.waivers)


def settle(invariant: str, outcome: Outcome, waivers: Waivers) -> Settled:
    """
    Let the waivers of an invariant speak.

    Only a violated outcome is touched: what could not be looked at is never accepted. It is
    waived where every violation is covered; one that is not leaves it violated.
    """
    found = waivers.of(invariant)
    if outcome.verdict is not Verdict.VIOLATED or not found:
        return Settled(outcome, 0, ())
    forceful = [one for one in found if waivers.in_force(one)]
    keys = [key_text(violation.key) for violation in outcome.violations]
    accepted = [any(one.covers(key) for one in forceful) for key in keys]
    wholly = any(one.keys is None for one in forceful)
    covered = outcome.count if wholly else sum(accepted)
    ordered = sorted(zip(accepted, outcome.violations, strict=True), key=lambda pair: pair[0])
    waived = wholly or (outcome.counted_all and covered == outcome.count)
    settled = replace(
        outcome,
        violations=[violation for _, violation in ordered],
        verdict=Verdict.WAIVED if waived else Verdict.VIOLATED,
    )
    records = [_record(one, waivers, sum(map(one.covers, keys))) for one in found]
    return Settled(settled, covered, tuple(one for one in records if one.matched))


def idle(run: Run, waivers: Waivers) -> tuple[WaiverRecord, ...]:
    """
    The waivers that matched nothing in a run, so that somebody can take them out.

    Of an invariant that was not judged, or could not be looked at, nothing can be said.
    """
    judged = {record.id: record for record in run.records}
    return tuple(
        _record(one, waivers, 0)
        for one in waivers.here
        if _is_idle(one, run, judged.get(one.invariant))
    )


def _is_idle(waiver: Waiver, run: Run, record: Record | None) -> bool:
    if record is None:
        ran = any(system.name == waiver.invariant.partition(".")[0] for system in run.systems)
        return ran and not run.narrowed
    if record.verdict is Verdict.UNKNOWN:
        return False
    keys: Sequence[str] | None = None if waiver.keys is None else sorted(waiver.keys)
    same = (keys and tuple(keys), waiver.last_day, waiver.reason)
    return all((one.keys, one.last_day, one.reason) != same for one in record.waivers)


def _record(waiver: Waiver, waivers: Waivers, matched: int) -> WaiverRecord:
    return WaiverRecord(
        invariant=waiver.invariant,
        keys=None if waiver.keys is None else tuple(sorted(waiver.keys)),
        reason=waiver.reason,
        owner=waiver.owner,
        approver=waiver.approver,
        last_day=waiver.last_day,
        zone=waiver.zone,
        environment=waiver.environment,
        expired=not waivers.in_force(waiver),
        matched=matched,
    )
