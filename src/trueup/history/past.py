"""What became of a run's invariants since earlier runs: compared by key, not by count."""

from collections.abc import Iterable, Sequence
from itertools import islice, pairwise

from msgspec.structs import replace

from trueup.history.compared import Compared, Look
from trueup.model.run import Change, Earlier, MetricRecord, Past, Record, Run
from trueup.model.verdict import Verdict

REMEMBERED = 30
"""Earlier runs that a run is compared with, and that a page draws."""

FLAPS = 3
"""Times that a verdict turned, among the earlier runs, from which on it is flapping."""

LOOKED = (Verdict.HOLDS, Verdict.VIOLATED, Verdict.WAIVED)
"""Verdicts of an invariant that was looked at; the others say nothing of what there is."""

BROKEN = (Verdict.VIOLATED, Verdict.WAIVED)
"""Verdicts of an invariant that has violations, whoever accepted them."""

Seen = list[tuple[int, Look]]
"""The looks at one invariant: the place of the earlier run and what it came to, oldest first."""


def remembered(run: Run, newest_first: Iterable[Compared]) -> Run:
    """The run with its past filled in from earlier runs of its environment."""
    earlier = list(islice(newest_first, REMEMBERED))[::-1]
    wanted = {record.id for record in run.records}
    return replace(
        run,
        earlier=tuple(_earlier(one, wanted, run) for one in earlier),
        records=tuple(replace(record, past=_past(record, run, earlier)) for record in run.records),
        metrics=tuple(_metric(metric, earlier) for metric in run.metrics),
    )


def _earlier(one: Compared, wanted: set[str], run: Run) -> Earlier:
    common = [look for id_, look in one.looks.items() if id_ in wanted]
    return Earlier(
        id=one.id,
        as_of=one.as_of,
        violated=sum(look.verdict is Verdict.VIOLATED for look in common),
        unknown=sum(look.verdict is Verdict.UNKNOWN for look in common),
        violations=sum(look.unwaived for look in common if look.verdict is Verdict.VIOLATED),
        whole=not one.narrowed and one.systems >= {system.name for system in run.systems},
    )


def _past(record: Record, run: Run, earlier: Sequence[Compared]) -> Past:
    found = [one.looks.get(record.id) for one in earlier]
    # What was found in maintenance woke nobody, so it is new to everybody when that is over.
    seen = [
        (place, one)
        for place, one in enumerate(found)
        if one and one.verdict in LOOKED and not one.maintenance
    ]
    past = Past(
        verdicts=tuple(one.verdict if one else None for one in found),
        counts=tuple(one.count if one and one.verdict in LOOKED else None for one in found),
        flapping=_turns([*(one for _, one in seen), record]) >= FLAPS,
    )
    if record.verdict not in LOOKED:
        streak = _streak(seen)
        return replace(past, since=earlier[streak[0][0]].as_of if streak else None)
    if record.verdict not in BROKEN:
        return _resolved(past, seen, earlier)
    return _broken(past, record, run, earlier, seen)


def _resolved(past: Past, seen: Seen, earlier: Sequence[Compared]) -> Past:
    """It holds; where the last look found it violated, it was resolved since."""
    streak = _streak(seen)
    if not streak:
        return past
    last = streak[-1][1]
    since = earlier[streak[0][0]].as_of
    return replace(
        past,
        change=Change.RESOLVED,
        since=since,
        gone=last.count,
        growth=-last.count,
        exact=last.counted_all,
    )


def _broken(past: Past, record: Record, run: Run, earlier: Sequence[Compared], seen: Seen) -> Past:
    streak = _streak(seen)
    first_seen = _first_seen(record, streak, len(earlier))
    if not streak:
        new = replace(past, since=run.as_of, first_seen=first_seen, exact=record.counted_all)
        # Where there is no earlier run at all, nothing can be told apart as new.
        if not earlier:
            return new
        return replace(new, change=Change.NEW, added=record.count, growth=record.count)
    last = streak[-1][1]
    now, then = set(record.keys), set(last.keys)
    return replace(
        past,
        change=Change.ONGOING,
        since=earlier[streak[0][0]].as_of,
        added=len(now - then) if named(last) else 0,
        gone=len(then - now) if named(record) else 0,
        growth=record.count - last.count,
        first_seen=first_seen,
        exact=named(record) and named(last),
    )


def named(record: Record | Look) -> bool:
    """Whether all its violations are named, so that one that is not named is not there."""
    return record.counted_all and len(record.keys) == record.count


def _streak(seen: Seen) -> Seen:
    """The looks since which it was violated without a break; empty where the last was sound."""
    broken: Seen = []
    for place, one in reversed(seen):
        if one.verdict not in BROKEN:
            break
        broken.append((place, one))
    return broken[::-1]


def _first_seen(record: Record, streak: Seen, here: int) -> tuple[int, ...]:
    """For each key the earliest look, without a break, that had it, or may have had it unnamed."""
    first = dict.fromkeys(record.keys, here)
    going = set(record.keys)
    for place, one in reversed(streak):
        if named(one):
            going &= set(one.keys)
        first.update(dict.fromkeys(going, place))
    return tuple(first[key] for key in record.keys)


def _turns(looks: Sequence[Record | Look]) -> int:
    told = [one.verdict in BROKEN for one in looks if one.verdict in LOOKED]
    return sum(before != after for before, after in pairwise(told))


def _metric(metric: MetricRecord, earlier: Sequence[Compared]) -> MetricRecord:
    """The metric with its earlier values, where it is a single number."""
    if len(metric.points) != 1:
        return metric
    values = []
    for run in earlier:
        same = [
            one for one in run.metrics if (one.system, one.name) == (metric.system, metric.name)
        ]
        values.append(same[0].points[0][1] if same and len(same[0].points) == 1 else None)
    return replace(metric, earlier=tuple(values))
