"""What came of a plan, as a person reads it: what changed, what was left alone, what proved it."""

from collections import Counter
from collections.abc import Iterator

from trueup.model.plan import Op
from trueup.model.violation import key_text
from trueup.primary.applied import Applied, Place, Proof
from trueup.primary.words import WHY, counts, left_alone, more
from trueup.report.phrase import sizes


def of_applied(applied: Applied) -> str:
    """What was done, what was left alone, what was proven, and how to take it back."""
    return "\n".join(
        [
            *_summary(applied),
            *left_alone(applied.skipped, len(applied.skipped)),
            *(
                f"call {one.state}: {one.words}{f', {one.detail}' if one.detail else ''}"
                for one in applied.calls
            ),
            *(f"still violated: {one.invariant} {key_text(one.key)}" for one in applied.left),
            *(_proven(one) for one in applied.proofs),
            *([f"not finished: {applied.stopped}"] if applied.stopped else []),
            *_back(applied),
        ]
    )


def _summary(applied: Applied) -> Iterator[str]:
    if not applied.entries:
        done = "finished" if applied.calls or applied.proofs else "nothing was changed"
        yield f"{applied.title}: {done}"
        return
    entries = ", ".join(str(entry) for entry in applied.entries)
    done = sizes(len(applied.moved), len(applied.altered), len(applied.calls))
    yield (
        f"{applied.title}: {done} in {applied.seconds:.2f} s,"
        f" journal {'entry' if len(applied.entries) == 1 else 'entries'} {entries}"
    )
    found = applied.moved.counts
    for table in dict.fromkeys(table for table, _, _ in found):
        for cause, words in WHY.items():
            ops = Counter({op: found[table, op, cause] for op in Op})
            if ops.total():
                yield f"  {table}: {counts(ops.elements())}{words}"
    yield from (f"  {one.words}" for one in applied.altered)
    yield from more(len(applied.altered))


def _proven(one: Proof) -> str:
    where = "before commit" if one.place is Place.TRANSACTION else f"on the {one.place}"
    failed = "NOT PROVEN, " if one.failed else ""
    detail = f" ({one.detail})" if one.detail else ""
    return f"{where}: {failed}{one.invariant} {one.verdict}{detail}"


def _back(applied: Applied) -> Iterator[str]:
    if applied.undo:
        yield ""
        yield "to take it back:"
        yield from (f"  {line}" for line in applied.undo)
