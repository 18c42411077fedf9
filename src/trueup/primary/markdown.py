"""A plan as Markdown for a CI summary: what changes, by which keys, and no text of any row."""

from collections import Counter
from collections.abc import Iterable, Iterator

from trueup.model.plan import Op, Plan, PlannedChange
from trueup.primary import diff
from trueup.primary.words import SHORT, counts, value
from trueup.report.phrase import plural

ROWS = 50
"""Rows of a table that are listed; a summary is read by people."""

MASKED = "masked"


def of_plan(plan: Plan) -> str:
    """The plan; a value is shown where its column's type, or its invariant, allows it."""
    lines = [f"## {plan.title}, {plan.environment}", "", *_head(plan), *_tables(plan)]
    altered = (". ".join(filter(None, (o.words, o.locks, o.warning))) for o in plan.alterations)
    lines += _section("Schema changes, as the database's owner", altered)
    lines += _section("Called once that is committed", _calls(plan))
    lines += _section("Dragged along by foreign keys", map(diff.dependent, plan.dependents))
    lines += _section("Triggers that fire", map(diff.trigger, plan.triggers))
    lines += _section("For a person", (one.title for one in plan.steps))
    left = (f"{one.table}: {one.reason}" for one in plan.skipped[:ROWS])
    lines += _section(f"{plural(len(plan.skipped), 'row')} left alone", left)
    lines += _section("Proven by", (f"{one.invariant} ({one.when})" for one in plan.proof))
    return "\n".join(lines)


def _head(plan: Plan) -> Iterator[str]:
    mends = plural(len(plan.targets), "violation")
    yield f"{plural(plan.size, 'change')}, to mend {mends}."
    why = _cell(plan.reason or "no reason given")
    yield f"Plan `{plan.digest[:SHORT]}` by {_cell(plan.by)}: {why}."
    yield f"As of {plan.as_of:%Y-%m-%d %H:%M} UTC; expires {plan.expires:%Y-%m-%d %H:%M} UTC."
    if plan.undo:
        yield ""
        yield f"**This cannot be undone:** {plan.undo}"


def _tables(plan: Plan) -> Iterator[str]:
    by_table: dict[str, list[PlannedChange]] = {}
    for one in plan.changes:
        by_table.setdefault(one.table, []).append(one)
    for table, rows in by_table.items():
        allowed = frozenset(plan.printable.get(table, ()))
        yield from ("", f"### {table}: {counts(one.op for one in rows)}", "")
        yield from ("| | key | change |", "|---|---|---|")
        yield from (_row(one, allowed) for one in rows[:ROWS])
        if len(rows) > ROWS:
            yield from ("", f"and {len(rows) - ROWS:,} more.")


def _row(one: PlannedChange, allowed: frozenset[str]) -> str:
    key = ", ".join(_cell(text) for text in one.key.values() if text is not None)
    names = [] if one.op is Op.DELETE else sorted(one.set)
    said = "<br>".join(_change(one, name, shown=name in allowed) for name in names)
    return f"| {one.op} | {key} | {said} |"


def _change(one: PlannedChange, name: str, *, shown: bool) -> str:
    new = _value(one.set[name]) if shown else MASKED
    if one.before is None:
        return f"`{name}` {new}"
    old = _value(one.before.get(name)) if shown else MASKED
    return f"`{name}` {old} → {new}"


def _value(text: str | None) -> str:
    return _cell(value(text))


def _cell(text: str) -> str:
    """Text that is neither Markdown nor HTML nor the end of a cell."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace("\\", "\\\\")
    for sign in "|`*_[]#":
        escaped = escaped.replace(sign, "\\" + sign)
    return escaped.replace("\n", " ")


def _calls(plan: Plan) -> Iterator[str]:
    """How often each service is called; a path may hold what a user wrote."""
    asked = Counter((one.method, one.service) for one in plan.calls)
    for (method, service), number in asked.items():
        yield f"{method} {service}, {plural(number, 'time')}"


def _section(title: str, lines: Iterable[str]) -> list[str]:
    found = [f"- {_cell(line)}" for line in lines]
    return ["", f"### {title}", "", *found] if found else []
