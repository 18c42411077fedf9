"""A plan as a person reads it: plain text, every row."""

from collections.abc import Iterator
from itertools import islice

from trueup.model.plan import (
    OWNER,
    Dependents,
    FiringTrigger,
    Op,
    Plan,
    PlannedCall,
    PlannedChange,
    Share,
    When,
)
from trueup.primary.listed import KEPT
from trueup.primary.words import (
    SHORT,
    SIGNS,
    body,
    counts,
    indented,
    key,
    left_alone,
    more,
    value,
    visible,
)
from trueup.report.phrase import plural

STEP = " " * 5
"""What stands before each further line of a step."""

_WHEN = {
    When.EACH: "proven before each commit by:",
    When.FIRST: "proven before the first commit, and once all is done, by:",
    When.LATE: "proven once all is done, since they take long, by:",
}


def of_plan(plan: Plan) -> str:
    """The whole plan: what changes, what follows from it, what proves it, and until when."""
    return "\n".join(
        [
            *_head(plan),
            *_changes(plan),
            *_alterations(plan),
            *_calls(plan),
            *_dragged(plan),
            *_triggers(plan),
            *_steps(plan),
            *left_alone(plan.skipped, len(plan.skipped)),
            *_proof(plan),
        ]
    )


def _head(plan: Plan) -> Iterator[str]:
    yield f"{plan.title}, {plan.environment}"
    yield f"plan {plan.digest[:SHORT]} by {plan.by}: {plan.reason or 'no reason given'}"
    yield (
        f"made {plan.made:%Y-%m-%d %H:%M} UTC as of {plan.as_of:%Y-%m-%d %H:%M} UTC,"
        f" expires {plan.expires:%Y-%m-%d %H:%M} UTC"
    )
    if plan.does_something:
        mends = f", to mend {plural(len(plan.targets), 'violation')}" if plan.targets else ""
        yield f"{', '.join(_sizes(plan))} (at most {plan.at_most:,}){mends}"
    elif not plan.steps:
        yield "nothing to do"
    if plan.undo:
        yield f"THIS CANNOT BE UNDONE: {plan.undo}"


def _sizes(plan: Plan) -> Iterator[str]:
    if plan.changes:
        yield plural(len(plan.changes), "row") + (
            " changes" if len(plan.changes) == 1 else " change"
        )
    if plan.alterations:
        yield plural(len(plan.alterations), "schema change")
    if plan.calls:
        yield plural(len(plan.calls), "call")


def _changes(plan: Plan) -> Iterator[str]:
    shares = {one.table: one for one in plan.shares}
    by_table: dict[str, list[PlannedChange]] = {}
    for one in plan.changes:
        by_table.setdefault(one.table, []).append(one)
    for table, rows in by_table.items():
        yield ""
        yield f"{table}: {counts(one.op for one in rows)}{_share(shares.get(table))}"
        for one in rows[:KEPT]:
            named = f" {key(one.key)}" if one.key else ""
            yield f"  {SIGNS[one.op]}{named}: {body(one.op, one.before, one.set)}"
        yield from more(len(rows))


def _alterations(plan: Plan) -> Iterator[str]:
    if not plan.alterations:
        return
    yield ""
    yield "schema changes, each in a transaction of its own, as the database's owner:"
    for one in islice(plan.alterations, KEPT):
        yield f"  {one.words}"
        yield f"    {one.locks}"
        if one.warning:
            yield f"    {visible(one.warning)}"
    yield from more(len(plan.alterations))


def _calls(plan: Plan) -> Iterator[str]:
    if not plan.calls:
        return
    yield ""
    yield "called once that is committed:"
    for one in islice(plan.calls, KEPT):
        yield f"  > {visible(one.words)}{_owners(one) if one.service == OWNER else _body(one)}"
    yield from more(len(plan.calls))


def _owners(call: PlannedCall) -> str:
    """What the database's owner locks, in full: nobody agrees to half of it."""
    return f"\n    {(call.body or {}).get('locks', '')}"


def _body(call: PlannedCall) -> str:
    back = f"taken back by {call.back['method']}" if call.back else "NOTHING TAKES IT BACK"
    said = "; ".join(f"{name} {value(str(of))}" for name, of in (call.body or {}).items())
    return f"{f' with {said}' if said else ''} ({back})"


def _share(one: Share | None) -> str:
    return f" ({one.percent:.2g} % of {one.of:,})" if one else ""


def _dragged(plan: Plan) -> Iterator[str]:
    if not plan.dependents:
        return
    deleted = [one.table for one in plan.changes if one.op is Op.DELETE]
    tables = ", ".join(
        f"{plural(deleted.count(table), 'row')} of {table}" for table in dict.fromkeys(deleted)
    )
    rows = sum(one.rows for one in plan.dependents)
    others = len({one.table for one in plan.dependents})
    yield ""
    what = f"delete {tables}: " if deleted else ""
    yield f"{what}{plural(rows, 'row')} in {plural(others, 'table')} go along"
    yield from (f"  {dependent(one)}" for one in plan.dependents)


def dependent(one: Dependents) -> str:
    """Rows that a foreign key drags along, in words."""
    return f"{plural(one.rows, 'row')} of {one.table}: {one.action} ({one.constraint})"


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
        yield f"for a person: {visible(one.title)}"
        for number, step in enumerate(one.steps, start=1):
            yield f"  {number}. {indented(step, STEP)}"
        if one.verify:
            yield f"  then: {indented(one.verify, STEP)}"


def _proof(plan: Plan) -> Iterator[str]:
    for when, words in _WHEN.items():
        steps = [one for one in plan.proof if one.when is when]
        if steps:
            yield ""
            yield words
            yield from (f"  {one.invariant} ({one.seconds:.2f} s)" for one in steps)
