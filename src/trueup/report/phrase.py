"""Numbers, times and verdicts in words, the same on the page, in a terminal and in pytest-html."""

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from trueup.model.run import (
    STOPPED,
    FixRecord,
    Mended,
    Record,
    Run,
    SystemRecord,
    WaiverRecord,
)
from trueup.model.verdict import Verdict

SEVERITIES = {
    "P0": "down, or money, access or data wrong now",
    "P1": "major, many users",
    "P2": "partial, a workaround exists",
    "P3": "cosmetic, hygiene",
}

ORDER = (
    Verdict.VIOLATED,
    Verdict.UNKNOWN,
    Verdict.WAIVED,
    Verdict.HOLDS,
    Verdict.NOT_APPLICABLE,
)
"""The verdicts as they are counted: what needs somebody first."""

_LEFT = f": {Verdict.VIOLATED}, transaction"
"""How the journal ends what was proven of an invariant before the commit, and is violated."""

_SENTENCE = re.compile(r".+?[.!?](?=\s|$)", re.DOTALL)


def number(value: float) -> str:
    """A number with its thousands apart; two decimals where it is not whole."""
    if not math.isfinite(value):
        return "not a number"
    return f"{int(value):,}" if value == int(value) else f"{value:,.2f}"


def changed(one: Mended) -> str:
    """How much a journal entry changed."""
    return sizes(one.rows, one.alterations, one.calls)


def proofs(one: Mended) -> str:
    """
    What proved a journal entry, an invariant each, but those that it left as they were in one.

    A change that breaks one anew is never committed, so what is violated then was so before.
    """
    told = [said for said in one.proofs if not said.endswith(_LEFT)]
    left = len(one.proofs) - len(told)
    others = [f"{plural(left, 'invariant')} violated as before"] if left else []
    return "; ".join([*told, *others]) or "none was recorded"


def sizes(rows: int, alterations: int, calls: int) -> str:
    """How much of each there is, what there is none of left out: `3 rows, 1 call`, or `0 rows`."""
    found = ((rows, "row"), (alterations, "schema change"), (calls, "call"))
    said = [plural(count, noun) for count, noun in found if count]
    return ", ".join(said) or plural(0, "row")


def plural(count: int, noun: str) -> str:
    """The count and its noun: `1 violation`, `1,204 rows`, `2 schema changes`."""
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"


def listing(parts: Sequence[str]) -> str:
    """The parts as one would say them: `a, b and c`."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def duration(seconds: float) -> str:
    """A span of time in the unit that suits it."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def moment(when: datetime) -> str:
    """An instant to the second, in UTC."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def violations(record: Record) -> str:
    """
    How many violations there are; a plus where counting stopped at a cap.

    Those that a waiver covers are only counted where it covers all of them.
    """
    count = record.unwaived or record.count
    if record.counted_all:
        return plural(count, "violation")
    return f"{number(count)}+ violations"


def judged(record: Record) -> str:
    """How many rows of what were judged, as in `10,000 ai_jobs and 1,500 courses`."""
    return listing([f"{number(count)} {label}" for label, count in record.judged.items()])


def counted(record: Record) -> str:
    """The violations among the judged: `3 violations, of 10,000 ai_jobs judged`."""
    among = judged(record)
    found = ", ".join(filter(None, (violations(record), beyond(record))))
    return f"{found}, of {among} judged" if among else found


def beyond(record: Record) -> str:
    """How many more violations are waived, where some are and some are not; empty elsewhere."""
    return f"{number(record.waived)} more waived" if 0 < record.waived < record.count else ""


def waiver(one: WaiverRecord) -> str:
    """A waiver in a sentence: the reason, until when, and who answers for it."""
    who = f"{one.owner} owns it, {one.approver} approved it"
    if one.expired:
        return f"ended with {one.last_day} ({one.zone}), so it counts again; {who}: {one.reason}"
    return f"{one.reason}; until the end of {one.last_day} ({one.zone}); {who}"


def waived(one: WaiverRecord) -> str:
    """Which violations a waiver speaks of, as in `2 keys of shop.no_order_is_lost`."""
    what = "all" if one.keys is None else plural(len(one.keys), "key")
    return f"{what} of {one.invariant}"


def tally(run: Run) -> str:
    """How many invariants have which verdict, worst first; a verdict without any is left out."""
    parts = [
        f"{number(n)} {'hold' if verdict is Verdict.HOLDS and n > 1 else verdict}"
        for verdict in ORDER
        if (n := count(run, verdict))
    ]
    return (", ".join(parts) or "nothing was judged") + maintained(run)


def maintained(run: Run) -> str:
    """How many of them were found in maintenance, to be added to a count; empty for none."""
    found = sum(bool(record.maintenance) for record in run.records)
    return f", {number(found)} of these in maintenance" if found else ""


def headline(run: Run) -> str:
    """The verdict in three words, for a title: `3 violated, 1 unknown`, `everything holds`."""
    violated, unknown = count(run, Verdict.VIOLATED), count(run, Verdict.UNKNOWN)
    parts = [f"{number(violated)} violated"] if violated else []
    parts += [f"{number(unknown)} unknown"] if unknown else []
    parts += [STOPPED] if run.stopped else []
    if parts:
        return ", ".join(parts)
    if not run.records:
        return "nothing was judged"
    return "what was selected holds" if run.selection else "everything holds"


def sentence(run: Run) -> str:
    """The verdict as a sentence of its own."""
    violated, unknown = count(run, Verdict.VIOLATED), count(run, Verdict.UNKNOWN)
    total = plural(len(run.records), "invariant")
    if not run.records:
        return "Nothing was judged."
    if violated:
        rest = f", and {number(unknown)} {_is(unknown)} unknown" if unknown else ""
        return f"{number(violated)} of {total} {_is(violated)} violated{rest}{maintained(run)}."
    if unknown:
        found = f"{number(unknown)} of {total} {_is(unknown)} unknown{maintained(run)}"
        return f"Nothing is violated, but {found}."
    if run.stopped:
        return f"Nothing that was looked at is violated, but the run was {STOPPED}."
    if count(run, Verdict.WAIVED):
        return "Nothing is violated beyond what is waived."
    return f"Everything that {'was selected' if run.selection else 'must be true'} is true."


def count(run: Run, verdict: Verdict, severity: str | None = None) -> int:
    """How many invariants have this verdict, of one severity or of all."""
    return sum(
        record.verdict is verdict and severity in (None, record.severity) for record in run.records
    )


def titles(run: Run) -> list[str]:
    """The titles of the systems that a run is about: where it was narrowed, those with a record."""
    chosen = {record.system for record in run.records} if run.selection else set()
    return [one.title for one in run.systems if one.name in chosen or not chosen]


def systems(run: Run) -> str:
    """The systems by title, as long as one can read them in a line."""
    found = titles(run)
    return listing(found) if len(found) < 4 else f"{len(found)} systems"


def fresh(run: Run) -> list[tuple[str, str]]:
    """How fresh the systems were that could be read, those that were alike in one breath."""
    alike: dict[str, list[str]] = {}
    for system in run.systems:
        if system.freshness and not system.reason:
            alike.setdefault(system.freshness, []).append(system.title)
    everyone = len(run.systems) > 3 and [len(titles) for titles in alike.values()] == [
        len(run.systems)
    ]
    if everyone:
        return [(f"All {len(run.systems)} systems", freshness) for freshness in alike]
    return [(listing(titles), freshness) for freshness, titles in alike.items()]


def title(run: Run, record: Record) -> str:
    """The title of a record's system."""
    return next((one.title for one in run.systems if one.name == record.system), record.system)


def placed(run: Run, record: Record) -> str:
    """The statement, behind its system's title where a run has several."""
    if len(run.systems) < 2:
        return capitalised(record.statement)
    return f"{title(run, record)}: {record.statement}"


def paragraphs(text: str) -> list[str]:
    """A docstring's paragraphs, each on one line."""
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip()]


def first_sentence(text: str) -> str:
    """The first sentence of a docstring, on one line."""
    first = next(iter(paragraphs(text)), "")
    found = _SENTENCE.match(first)
    return found.group() if found else first


def capitalised(text: str) -> str:
    """The text with a capital at its start and every other letter as it was."""
    return text[:1].upper() + text[1:]


def said(text: str) -> str:
    """A message as a sentence: a capital first, a stop last."""
    return capitalised(text.strip().rstrip(".")) + "."


def runbook(record: Record) -> str:
    """Where the runbook speaks of it, from the project's folder; empty where no runbook does."""
    if record.runbook is None:
        return ""
    return f"docs/runbooks/{record.system}.md#{record.runbook}"


def undoing(fix: FixRecord) -> str:
    """Whether what a fix applied can be undone, and how."""
    if fix.steps:
        return "Changes nothing: it prints the steps for a person, filled in, and how to verify."
    if fix.undo is None:
        return "Can be undone: applying it prints the trueup undo command that reverses it."
    return f"Cannot be undone: {fix.undo.rstrip('.')}."


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def seen(run: Run, system: SystemRecord) -> str:
    """Which instants of the database a system's invariants saw, as the server itself named them."""
    snapshots = run.snapshots(system.name)
    if not snapshots:
        return ""
    if len(snapshots) == 1:
        return f"one snapshot for all: {snapshots[0]}"
    why = system.unshared or "each is held no longer than snapshot_max_age"
    return f"{len(snapshots)} snapshots, from {snapshots[0]} to {snapshots[-1]}: {why}"


def reached(system: SystemRecord) -> str:
    """How the system was reached, and how far its clock is from the runner's."""
    return f"{system.pooling}, opened in {duration(system.opened_in)}; clock {system.skew:+.1f} s"
