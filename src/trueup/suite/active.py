"""What a pytest process needs to evaluate invariants: systems, the instant, and the fixes."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from trueup import command
from trueup.catalog import find_fix, serves_several
from trueup.config import Project
from trueup.history import folder, ratchet
from trueup.history.waived import Waivers, settle
from trueup.model.invariant import Invariant
from trueup.model.run import FixRecord, Record, Run
from trueup.model.verdict import Verdict
from trueup.report import redact
from trueup.report.mask import Mask
from trueup.suite import learned
from trueup.suite.opened import Systems
from trueup.suite.sources import Moment


class Active(Struct, frozen=True):
    """
    One process of one run; workers get `run` and `moment` from the controller.

    `history` is the folder of the runs before it, `reports` that of this one. `baseline` is where
    the run lies since which a violation must be new to fail this one.
    """

    project: Project
    environment: str
    run: str
    systems: Systems
    moment: Moment
    waivers: Waivers
    mask: Mask
    history: Path
    reports: Path
    baseline: Path | None = None

    def begin(self, invariants: Sequence[Invariant]) -> None:
        """Ask ahead what these ask; those that have begun already are kept to these."""
        before = partial(learned.seconds, self.history, self.environment)
        self.systems.begin(invariants, self.moment.now, before)

    def evaluated(self, invariant: Invariant) -> Record:
        """Evaluate an invariant; its record is one after waivers and, where asked, the ratchet."""
        outcome = self.systems.outcome(invariant, self.moment.now)
        settled = settle(invariant.id, outcome, self.waivers)
        fixes = self.fix_records(invariant)
        record = settled.on(redact.record(invariant, settled.outcome, fixes, self.mask))
        record = ratchet.held(record, _read(self.baseline)) if self.baseline else record
        return self._maintained(record)

    def close(self) -> None:
        """End whatever is open; a second time does nothing."""
        self.systems.close()

    @property
    def started(self) -> datetime:
        """When the run began, for whoever waives until a day."""
        return self.waivers.now

    @property
    def only_new(self) -> str:
        """The id of the baseline, empty where there is none."""
        return _read(self.baseline).id if self.baseline else ""

    def _maintained(self, record: Record) -> Record:
        """The record, with the window of its system in which the run's instant lies."""
        if record.verdict not in (Verdict.VIOLATED, Verdict.UNKNOWN):
            return record
        windows = self.project.system(record.system).settings.get("maintenance", [])
        now = next((str(one) for one in windows if one.holds(self.moment.now)), "")
        return replace(record, maintenance=now)

    def fix_records(self, invariant: Invariant) -> tuple[FixRecord, ...]:
        """The fixes of an invariant, with the command that mends it here."""
        return tuple(self._fix_record(invariant, name) for name in invariant.fixes)

    def _fix_record(self, invariant: Invariant, name: str) -> FixRecord:
        fix = find_fix(self.project.root, invariant.system, name)
        several = serves_several(self.project.root, invariant.system, fix)
        narrowed = invariant.name if several else None
        approved = self.systems.environments[invariant.system].approval
        return FixRecord(
            name=name,
            path=fix.path,
            summary=fix.summary,
            command=command.mend(
                fix, invariant.system, self.environment, narrowed, approved=approved
            ),
            undo=fix.undo,
            steps=fix.steps,
        )


@lru_cache(maxsize=1)
def _read(baseline: Path) -> Run:
    return folder.read(baseline)
