"""A plan, and what came of it, as a person reads them: plain text, every row."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

from trueup.model.plan import (
    Dependents,
    FiringTrigger,
    Image,
    Op,
    Plan,
    PlannedChange,
    Share,
    Skipped,
    When,
)
from trueup.model.violation import key_text
from trueup.primary.applied import Applied, Cause, Moved, Place, Proof
from trueup.primary.listed import KEPT

WIDTH = 80
"""Characters of one value; the plan file has all of it."""

SHORT = 12
"""Characters of a digest that people read to each other."""

_DONE = {Op.UPDATE: "updated", Op.INSERT: "inserted", Op.DELETE: "deleted"}
_SIGNS = {Op.UPDATE: "~", Op.INSERT: "+", Op.DELETE: "-"}

_WHEN = {
    When.EACH: "proven before each commit by:",
    When.FIRST: "proven before the first commit, and once all is done, by:",
    When.LATE: "proven once all is done, since they take long, by:",
}

_WHY = {
    Cause.CHANGE: "",
    Cause.CASCADE: " by foreign keys",
    Cause.TRIGGER: " by triggers",
}


def of_plan(plan: Plan) -> str:
    """The whole plan: what changes, what follows from it, what proves it, and until when."""
    return "\n".join(
        [
            *_head(plan),
            *_changes(plan),
            *_calls(plan),
            *_dragged(plan),
            *_triggers(plan),
            *_steps(plan),
            *_left_alone(plan.skipped, len(plan.skipped)),
            *_proof(plan),
        ]
    )


def of_applied(applied: Applied) -> str:
    """What was done, what was left alone, what was proven, and how to take it back."""
    return "\n".join(
        [
            *_summary(applied),
            *_left_alone(applied.skipped, len(applied.skipped)),
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


def row(one: Moved) -> str:
    """One journaled row on a line: what it was and what it is."""
    before, after = one.before or {}, one.after or {}
    shown = {name: after.get(name) for name in after if before.get(name) != after[name]}
    body = _body(one.op, one.before, shown)
    return f"{_SIGNS[one.op]} {one.table} {_key(one.key)}: {body}{_WHY[one.cause]}"


def value(text: str | None) -> str:
    """A value in quotes, cut, and with nothing in it that a terminal would obey."""
    if text is None:
        return "null"
    cut = text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"
    return "'" + "".join(c if c.isprintable() else repr(c)[1:-1] for c in cut) + "'"


def counted(number: int, noun: str = "row") -> str:
    """`1 row`, `1,204 rows`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _head(plan: Plan) -> Iterator[str]:
    what = f"undo of entry {plan.undoes}, {plan.name}" if plan.undoes is not None else plan.name
    yield f"{what}, {plan.environment}"
    yield f"plan {plan.digest[:SHORT]} by {plan.by}: {plan.reason or 'no reason given'}"
    yield (
        f"made {plan.made:%Y-%m-%d %H:%M} UTC as of {plan.as_of:%Y-%m-%d %H:%M} UTC,"
        f" expires {plan.expires:%Y-%m-%d %H:%M} UTC"
    )
    if plan.does_something:
        said = counted(len(plan.changes)) + (" changes" if len(plan.changes) == 1 else " change")
        called = f", {counted(len(plan.calls), 'call')}" if plan.calls else ""
        mends = f", to mend {counted(len(plan.targets), 'violation')}" if plan.targets else ""
        yield f"{said}{called} (at most {plan.at_most:,}){mends}"
    elif not plan.steps:
        yield "nothing to do"
    if plan.undo:
        yield f"THIS CANNOT BE UNDONE: {plan.undo}"


def _changes(plan: Plan) -> Iterator[str]:
    shares = {one.table: one for one in plan.shares}
    by_table: dict[str, list[PlannedChange]] = {}
    for one in plan.changes:
        by_table.setdefault(one.table, []).append(one)
    for table, rows in by_table.items():
        yield ""
        yield f"{table}: {counts(one.op for one in rows)}{_share(shares.get(table))}"
        for one in rows[:KEPT]:
            key = f" {_key(one.key)}" if one.key else ""
            yield f"  {_SIGNS[one.op]}{key}: {_body(one.op, one.before, one.set)}"
        yield from _more(len(rows))


def _calls(plan: Plan) -> Iterator[str]:
    if not plan.calls:
        return
    yield ""
    yield "called once that is committed:"
    for one in islice(plan.calls, KEPT):
        back = f"taken back by {one.back['method']}" if one.back else "NOTHING TAKES IT BACK"
        body = "; ".join(f"{name} {value(str(said))}" for name, said in (one.body or {}).items())
        yield f"  > {one.words}{f' with {body}' if body else ''} ({back})"
    yield from _more(len(plan.calls))


def _share(one: Share | None) -> str:
    return f" ({one.percent:.2g} % of {one.of:,})" if one else ""


def _more(number: int) -> Iterator[str]:
    if number > KEPT:
        yield f"  … and {number - KEPT:,} more"


def _body(op: Op, before: Image | None, values: Image) -> str:
    if op is Op.INSERT:
        return ", ".join(f"{name} {value(text)}" for name, text in values.items())
    whole = before or {}
    if op is Op.DELETE:
        return ", ".join(f"{name} {value(text)}" for name, text in whole.items())
    return ", ".join(
        f"{name} {value(whole.get(name))} → {value(text)}" for name, text in values.items()
    )


def _dragged(plan: Plan) -> Iterator[str]:
    if not plan.dependents:
        return
    deleted = [one.table for one in plan.changes if one.op is Op.DELETE]
    tables = ", ".join(
        f"{counted(deleted.count(table))} of {table}" for table in dict.fromkeys(deleted)
    )
    rows = sum(one.rows for one in plan.dependents)
    others = len({one.table for one in plan.dependents})
    yield ""
    yield f"delete {tables}: {counted(rows)} in {counted(others, 'table')} go along"
    yield from (f"  {dependent(one)}" for one in plan.dependents)


def dependent(one: Dependents) -> str:
    """Rows that a foreign key drags along, in words."""
    return f"{counted(one.rows)} of {one.table}: {one.action} ({one.constraint})"


def _triggers(plan: Plan) -> Iterator[str]:
    if not plan.triggers:
        return
    yield ""
    yield (
        "triggers that fire (what they set may differ from what it was):"
        if plan.undoes is not None
        else "triggers that fire:"
    )
    yield from (f"  {trigger(one)}" for one in plan.triggers)


def trigger(one: FiringTrigger) -> str:
    """A trigger that fires, in words."""
    return f"{one.table}: {one.name}, {one.events}, calls {one.function}"


def _steps(plan: Plan) -> Iterator[str]:
    for one in plan.steps:
        yield ""
        yield f"for a person: {one.title}"
        yield from (f"  {number}. {step}" for number, step in enumerate(one.steps, start=1))
        if one.verify:
            yield f"  then: {one.verify}"


def _left_alone(skipped: Iterable[Skipped], number: int) -> Iterator[str]:
    if not number:
        return
    yield ""
    yield f"{counted(number)} left alone:"
    kept = list(islice(skipped, KEPT))
    yield from (f"  {one.table} {_key(one.key)}: {one.reason}" for one in kept)
    yield from _more(number)


def _proof(plan: Plan) -> Iterator[str]:
    for when, words in _WHEN.items():
        steps = [one for one in plan.proof if one.when is when]
        if steps:
            yield ""
            yield words
            yield from (f"  {one.invariant} ({one.seconds:.2f} s)" for one in steps)


def _summary(applied: Applied) -> Iterator[str]:
    if not applied.entries:
        done = "finished" if applied.calls or applied.proofs else "nothing was changed"
        yield f"{applied.name}: {done}"
        return
    entries = ", ".join(str(entry) for entry in applied.entries)
    yield (
        f"{applied.name}: {counted(len(applied.moved))} changed in {applied.seconds:.2f} s,"
        f" journal {'entry' if len(applied.entries) == 1 else 'entries'} {entries}"
    )
    found = applied.moved.counts
    for table in dict.fromkeys(table for table, _, _ in found):
        for cause, words in _WHY.items():
            ops = Counter({op: found[table, op, cause] for op in Op})
            if ops.total():
                yield f"  {table}: {counts(ops.elements())}{words}"


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


def counts(ops: Iterable[Op]) -> str:
    """`2 updated, 1 deleted`."""
    found = Counter(ops)
    return ", ".join(f"{found[op]:,} {words}" for op, words in _DONE.items() if found[op])


def _key(key: Image) -> str:
    return ", ".join(f"{name} {value(text)}" for name, text in key.items()) or "(no key)"
