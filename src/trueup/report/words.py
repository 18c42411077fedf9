"""What a terminal says of a run: plain lines, without colour; whoever prints them adds it."""

from collections.abc import Sequence

from trueup.model.run import STOPPED, FixRecord, Record, Run
from trueup.model.verdict import Verdict
from trueup.report import phrase

KEYS = 3
"""Violations that are named in a terminal; the page has more."""

LISTED = 10
"""Invariants that the summary lists; the page has all."""

LONGEST = 80
"""Characters of a key in a terminal."""

Lines = list[str]


def violated(record: Record) -> Lines:
    """A violated invariant: what, how much, why it matters, which rows, the command that plans."""
    lines = [
        f"{record.severity} {record.statement}",
        f"    {phrase.counted(record)}",
        f"    {phrase.first_sentence(record.harm)}",
    ]
    lines += [f"    row  {_cut(key)}" for key in _named(record)]
    lines += [f"    waiver {phrase.waiver(one)}" for one in record.waivers if one.expired]
    if more := _more(record):
        lines.append(f"    {more}")
    for fix in record.fixes:
        lines += [f"    fix  {fix.path}", f"         {fix.command}"]
    return lines


def unknown(record: Record) -> Lines:
    """An invariant that could not be looked at: why, and what to do about it."""
    lines = [
        f"{record.severity} {record.statement}",
        f"    unknown: {record.reason or 'no reason was given'}",
    ]
    return [*lines, f"    remedy: {record.remedy}"] if record.remedy else lines


def closing(run: Run, page: str | None = None, *, brief: bool = False) -> Lines:
    """
    The last lines of a run: the counts, the worst, as of when, the page, what to do next.

    With `brief` somebody else says the last two.
    """
    broken = [*run.having(Verdict.VIOLATED), *run.having(Verdict.UNKNOWN)]
    worst = sorted(broken, key=lambda record: bool(record.maintenance))
    lines = [phrase.tally(run), _as_of(run), *(_line(run, record) for record in worst[:LISTED])]
    if len(worst) > LISTED:
        lines.append(f"  and {phrase.number(len(worst) - LISTED)} more")
    lines += [f"waiver of {phrase.waived(one)} matched nothing" for one in run.idle_waivers]
    if brief:
        return lines
    if page is not None:
        lines.append(f"page: {page}")
    return [*lines, *_next([record for record in worst if not record.maintenance])]


def _more(record: Record) -> str:
    rest = record.unwaived - len(_named(record))
    if not record.keys or (rest <= 0 and record.counted_all):
        return ""
    return f"and {phrase.number(rest)}{'' if record.counted_all else '+'} more"


def _named(record: Record) -> Sequence[str]:
    """The first keys that no waiver covers."""
    return record.keys[: min(KEYS, record.unwaived)]


def _as_of(run: Run) -> str:
    read = [f"{titles}: {freshness}" for titles, freshness in phrase.fresh(run)]
    read += [f"{system.title}: {system.reason}" for system in run.systems if system.reason]
    read += [f"{STOPPED}: what is not told was not looked at"] if run.stopped else []
    return "; ".join([f"as of {phrase.moment(run.as_of)}, {run.environment}", *read])


def _line(run: Run, record: Record) -> str:
    said = phrase.violations(record) if record.verdict is Verdict.VIOLATED else "unknown"
    window = f", in maintenance ({record.maintenance})" if record.maintenance else ""
    where = f"{phrase.title(run, record)}: " if len(run.systems) > 1 else ""
    return f"  {record.severity} {where}{record.statement}: {said}{window}"


def _next(worst: Sequence[Record]) -> Lines:
    """The one thing to do next: plan the worst violation's fix, or heed the worst remedy."""
    fix = next((fix for record in worst for fix in record.fixes if _violated(record)), None)
    if fix is not None:
        return _plan(fix)
    remedy = next((record.remedy for record in worst if record.remedy), None)
    return [f"next: {remedy}"] if remedy else []


def _violated(record: Record) -> bool:
    return record.verdict is Verdict.VIOLATED


def _plan(fix: FixRecord) -> Lines:
    what = "see the steps for the worst" if fix.steps else "mend the worst; the command plans first"
    return [f"next: {what}", f"  {fix.command}"]


def _cut(key: str) -> str:
    return key if len(key) <= LONGEST else key[: LONGEST - 1] + "…"
