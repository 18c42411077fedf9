"""The pages of a site that are drawn from many runs: the index, and one an invariant."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from trueup.model.run import Mended, MetricRecord, Record, Run
from trueup.model.verdict import Verdict
from trueup.report import past, phrase
from trueup.report.document import frame
from trueup.report.links import Links
from trueup.report.template import render

WORST = (Verdict.VIOLATED, Verdict.UNKNOWN, Verdict.HOLDS)

Environments = Mapping[str, Sequence[Run]]
"""The runs of each environment, the newest first."""


class Now(Struct, frozen=True):
    """What is known last of one system in one environment: its records in the newest run of it."""

    run: Run
    records: tuple[Record, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of the system's verdicts."""
        found = {record.verdict for record in self.records}
        return next((one for one in WORST if one in found), Verdict.HOLDS)

    @property
    def said(self) -> str:
        """The verdict in few words: `3 violated, 1 unknown`, `all hold`."""
        parts = [
            f"{count} {verdict}"
            for verdict in (Verdict.VIOLATED, Verdict.UNKNOWN, Verdict.WAIVED)
            if (count := sum(record.verdict is verdict for record in self.records))
        ]
        return ", ".join(parts) or "all hold"


class Look(Struct, frozen=True):
    """One run's record of an invariant."""

    run: Run
    record: Record


def index(environments: Environments) -> str:
    """The first page: each system in each environment, what is violated, and every run."""
    now = {name: _now(runs) for name, runs in environments.items()}
    titles = {
        system.name: system.title
        for runs in environments.values()
        for run in reversed(runs)
        for system in run.systems
    }
    verdicts = [one.verdict for found in now.values() for one in found.values()]
    worst = next((one for one in WORST if one in verdicts), Verdict.UNKNOWN)
    violated = {name: _violated(found) for name, found in now.items()}
    return render(
        "site.html.j2",
        **frame(worst, f"{_said(violated, worst).rstrip('.')} – Trueup"),
        said=_said(violated, worst),
        environments=environments,
        now=now,
        titles=titles,
        violated=violated,
        trends={name: past.trend(runs[0]) for name, runs in environments.items()},
        links=Links(invariants="invariants/"),
    ).lstrip()


def looks(runs: Sequence[Run]) -> dict[str, list[Look]]:
    """Each invariant's records, the newest first."""
    found: dict[str, list[Look]] = {}
    for run in runs:
        for record in run.records:
            found.setdefault(record.id, []).append(Look(run, record))
    return found


def invariant(found: Sequence[Look], runs: Sequence[Run], links: Links) -> str:
    """One invariant's page: its statement, harm, fixes, SQL, and what became of it run by run."""
    newest = found[0]
    mood = newest.record.verdict if newest.record.verdict in WORST else Verdict.HOLDS
    return render(
        "invariant.html.j2",
        **frame(mood, f"{newest.record.verdict} – {newest.record.statement}"),
        run=newest.run,
        record=newest.record,
        looks=found,
        strip=past.strip(newest.record),
        counts=_counts(found),
        applied=_applied(newest.record, runs),
        links=links,
    ).lstrip()


def _now(runs: Sequence[Run]) -> dict[str, Now]:
    found: dict[str, Now] = {}
    for run in runs:
        for system in run.systems:
            if system.name not in found and not run.narrowed:
                records = tuple(one for one in run.records if one.system == system.name)
                found[system.name] = Now(run, records)
    return found


def _said(violated: Mapping[str, Sequence[Look]], worst: Verdict) -> str:
    """What is violated where, in a sentence."""
    parts = [f"{len(found)} in {name}" for name, found in violated.items() if found]
    if parts:
        return f"Violated: {phrase.listing(parts)}."
    if worst is Verdict.UNKNOWN:
        return "Nothing is violated, but not all could be looked at."
    return "Everything that must be true is true."


def _violated(now: Mapping[str, Now]) -> list[Look]:
    found = [
        Look(one.run, record)
        for one in now.values()
        for record in one.records
        if record.verdict is Verdict.VIOLATED
    ]
    return sorted(found, key=lambda look: (look.record.severity, -look.record.count))


def _counts(found: Sequence[Look]) -> MetricRecord | None:
    """Violations run by run, as a chart is drawn from; None where there is no series."""
    counted = [look for look in reversed(found) if look.record.verdict is not Verdict.UNKNOWN]
    if len(counted) < 2:
        return None
    points = tuple((f"{look.run.as_of:%Y-%m-%d}", float(look.record.count)) for look in counted)
    return MetricRecord(
        system="",
        name="violations",
        title="Violations, run by run",
        unit="rows",
        note="",
        points=points,
    )


def _applied(record: Record, runs: Sequence[Run]) -> list[Mended]:
    """What its fixes changed, the newest first; an entry that two runs tell of is told once."""
    names = {fix.name for fix in record.fixes}
    found = {
        one.entry: one
        for run in runs
        for one in run.mended
        if one.system == record.system and one.fix in names
    }
    return sorted(found.values(), key=lambda one: one.at, reverse=True)
