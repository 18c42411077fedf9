"""What became of an invariant, in words and in a strip of one stroke a run."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from markupsafe import Markup

from trueup.model.run import Change, MetricRecord, Past, Record, Run
from trueup.model.verdict import Verdict
from trueup.report.chart import STROKES
from trueup.report.phrase import listing, moment, number, plural

STEP, STROKE, TALL = 8, 5, max(STROKES.values())
"""The distance between two strokes, a stroke's width, and the strip's height, in CSS pixels."""

UNITS = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def having(run: Run, change: Change) -> tuple[Record, ...]:
    """The records with one change, the worst first."""
    found = [record for record in run.records if record.past and record.past.change == change]
    return tuple(sorted(found, key=lambda r: (r.severity, -r.count, r.id)))


def grown(run: Run) -> tuple[Record, ...]:
    """The records that go on, with other violations than at the last look."""
    return tuple(record for record in having(run, Change.ONGOING) if moved(record.past))


def flapping(run: Run) -> tuple[Record, ...]:
    """The records whose verdict keeps turning."""
    return tuple(record for record in run.records if record.past and record.past.flapping)


def age(run: Run, since: datetime) -> str:
    """How long ago that was when the run was made, in the largest whole unit."""
    seconds = max((run.as_of - since).total_seconds(), 0)
    for length, noun in UNITS:
        if seconds >= length:
            return plural(int(seconds // length), noun)
    return "no time"


def since(run: Run, record: Record) -> str:
    """Since when it is violated: `new in this run`, or the instant and how long ago that was."""
    past = record.past
    if past is None or not run.earlier:
        return ""
    if past.since is None:
        return "held when it was last looked at" if _looked(past) else "was never looked at before"
    if record.verdict is Verdict.UNKNOWN:
        return f"was violated when it was last looked at, since {moment(past.since)}"
    if past.change is Change.NEW:
        return "new in this run"
    if past.change is Change.RESOLVED:
        span = f", for {age(run, past.since)}" if past.since < run.as_of else ""
        return f"was violated from {moment(past.since)}{span}"
    whole = past.since == run.earlier[0].as_of
    ago = f", {age(run, past.since)}" if past.since < run.as_of else ""
    return f"{'at least ' if whole else ''}since {moment(past.since)}{ago}"


def moved(past: Past | None) -> str:
    """How the violations changed since the last look: `2 are new, 1 is gone`; empty where not."""
    if past is None or past.change is not Change.ONGOING:
        return ""
    if past.exact:
        found = [_are(past.added, "new"), _are(past.gone, "gone")]
        return listing([*filter(None, found)])
    if not past.growth:
        return ""
    return f"{number(abs(past.growth))} {'more' if past.growth > 0 else 'fewer'} than then"


def first_seen(run: Run, record: Record, place: int) -> str:
    """Since when one violation is there: `new`, or the day of the run that first had it."""
    past = record.past
    if past is None or place >= len(past.first_seen):
        return ""
    first = past.first_seen[place]
    return "new" if first == len(run.earlier) else f"{run.earlier[first].as_of:%Y-%m-%d}"


def told(run: Run) -> str:
    """What changed since the last run, in a line: `2 new, 3 ongoing, 1 resolved`."""
    parts = [
        f"{len(found)} {change}"
        for change in (Change.NEW, Change.ONGOING, Change.RESOLVED)
        if (found := having(run, change))
    ]
    return ", ".join(parts) or "no change"


def strip(record: Record) -> Markup:
    """A stroke for each earlier run and one for this, taller the worse the verdict was."""
    past = record.past
    if past is None or not past.verdicts:
        return Markup("")
    verdicts = [*past.verdicts, record.verdict]
    width = STEP * len(verdicts)
    return Markup(
        '<svg class="strip" role="img" viewBox="0 0 {w} {h}" width="{w}" height="{h}"'
        ' aria-label="{said}">{paths}</svg>'
    ).format(w=width, h=TALL, said=described(verdicts), paths=_joined(_paths(verdicts)))


def described(verdicts: Sequence[Verdict | None]) -> str:
    """A strip in words, for whoever does not see it."""
    counts = Counter(verdict for verdict in verdicts if verdict is not None)
    parts = [f"{verdict} in {counts[verdict]}" for verdict in Verdict if counts[verdict]]
    return f"{plural(len(verdicts), 'run')}, this one last: {', '.join(parts)}"


def trend(run: Run) -> MetricRecord | None:
    """Violated invariants run by run, as a chart is drawn from; None where there is no series."""
    points = [(f"{one.as_of:%Y-%m-%d}", float(one.violated)) for one in run.earlier if one.whole]
    now = sum(record.verdict is Verdict.VIOLATED for record in run.records)
    if not points or run.narrowed:
        return None
    points.append((f"{run.as_of:%Y-%m-%d}", float(now)))
    return MetricRecord(
        system="",
        name="trend",
        title="Violated invariants, run by run",
        unit="invariants",
        note="",
        points=tuple(points),
    )


def spark(metric: MetricRecord) -> Markup:
    """A metric's earlier values and this one as a line; its ends are said in words beside it."""
    values = [value for value in (*metric.earlier, metric.points[0][1]) if value is not None]
    if len(values) < 2:
        return Markup("")
    low, high = min(values), max(values)
    scale = 24 / ((high - low) or 1)
    step = 160 / (len(values) - 1)
    points = " ".join(
        f"{index * step:.1f},{28 - (value - low) * scale:.1f}" for index, value in enumerate(values)
    )
    said = f"{len(values)} runs: from {number(low)} to {number(high)}, now {number(values[-1])}"
    return Markup(
        '<svg class="spark" role="img" viewBox="-2 0 164 32" width="164" height="32"'
        ' aria-label="{}"><polyline points="{}"/></svg>'
    ).format(said, points)


def _looked(past: Past) -> bool:
    return any(count is not None for count in past.counts)


def _are(count: int, what: str) -> str:
    return f"{number(count)} {'is' if count == 1 else 'are'} {what}" if count else ""


def _paths(verdicts: Sequence[Verdict | None]) -> Iterable[Markup]:
    for verdict in (*Verdict, None):
        tall = STROKES[verdict] if verdict else 2
        strokes = "".join(
            f"M{index * STEP} {TALL - tall}h{STROKE}v{tall}h-{STROKE}z"
            for index, found in enumerate(verdicts)
            if found is verdict
        )
        if strokes:
            name = verdict.replace(" ", "-") if verdict else "absent"
            yield Markup('<path class="{}" d="{}"/>').format(name, strokes)


def _joined(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)
