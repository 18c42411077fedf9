"""The run as Markdown for a job's summary: below 1 MiB however bad the day is, and without rows."""

import re
from collections.abc import Iterable, Sequence

from trueup.model.run import Change, Record, Run
from trueup.model.verdict import Verdict
from trueup.report import costs, past, phrase

LIMIT = 1_000_000
"""Bytes; GitHub throws a summary of more than 1 MiB away."""

CUT = "\nThere is more, on the page.\n"

LISTED = 100
"""Invariants of a section; the rest is counted."""

LONGEST = 300
"""Characters of one text; a command is longer and is never cut."""

COMMAND = 2000
"""A command beyond this is left to the page: half a command must not be pasted."""

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#|~&])")


def summary(run: Run, page: str = "") -> str:
    """The verdict, what is new, what is violated with its fix, what is unknown; links the page."""
    violated, unknown = run.having(Verdict.VIOLATED), run.having(Verdict.UNKNOWN)
    lines = [f"## {text(phrase.sentence(run))}", "", _as_of(run), ""]
    lines += [f"[The whole page]({page})", ""] if page else []
    lines += _changes(run)
    lines += _table(run, violated)
    lines += _fixes(violated)
    lines += _unknown(run, unknown)
    lines += _waivers(run)
    lines += _cost(run)
    return _within([*lines, f"{text(phrase.tally(run))}."])


def _within(lines: Sequence[str]) -> str:
    """The lines that fit, and a word where they do not all."""
    kept: list[str] = []
    room = LIMIT - len(CUT.encode())
    for line in lines:
        room -= len(line.encode("utf-8", "replace")) + 1
        if room < 0:
            return "\n".join([*kept, CUT])
        kept.append(line)
    return "\n".join([*kept, ""])


def text(said: str) -> str:
    """A text that Markdown shows as it is, on one line, cut where it is long."""
    line = " ".join(said.split())
    line = line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
    return _SPECIAL.sub(r"\\\1", line)


def _as_of(run: Run) -> str:
    systems = phrase.listing([text(title) for title in phrase.titles(run)[:LISTED]])
    return f"{systems}, {text(run.environment)}, as of {phrase.moment(run.as_of)}."


def _changes(run: Run) -> list[str]:
    if not run.earlier:
        return []
    lines = [f"**Since the last run:** {past.told(run)}.", ""]
    for name, records in (
        ("New", past.having(run, Change.NEW)),
        ("Resolved", past.having(run, Change.RESOLVED)),
    ):
        lines += [f"- {name}: {_named(run, one)}" for one in records[:LISTED]]
        lines += _more(records)
    return [*lines, ""]


def _table(run: Run, records: Sequence[Record]) -> list[str]:
    if not records:
        return []
    lines = ["### Violated", "", "| | Invariant | Violations | Since | Harm |"]
    lines.append("|---|---|---|---|---|")
    for one in records[:LISTED]:
        harm = text(phrase.first_sentence(one.harm))
        since = past.since(run, one) or "–"
        cells = (one.severity, _named(run, one), text(phrase.counted(one)), since, harm)
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, *_more(records), ""]


def _fixes(records: Iterable[Record]) -> list[str]:
    """The command of each fix once, the worst first."""
    commands = dict.fromkeys(
        (fix.command, fix.summary) for one in records for fix in one.fixes if _short(fix.command)
    )
    lines = ["### Mend", ""] if commands else []
    for command, summarised in list(commands)[:LISTED]:
        lines += [text(phrase.first_sentence(summarised)), "", f"    {command}", ""]
    return [*lines, *_more(list(commands))]


def _short(command: str) -> bool:
    return len(command) <= COMMAND and "\n" not in command


def _unknown(run: Run, records: Sequence[Record]) -> list[str]:
    if not records:
        return []
    lines = ["### Unknown", "", "Could not be looked at: neither a pass nor a violation.", ""]
    for one in records[:LISTED]:
        remedy = f" Remedy: {text(one.remedy)}." if one.remedy else ""
        lines.append(f"- {one.severity} {_named(run, one)}: {text(one.reason)}.{remedy}")
    return [*lines, *_more(records), ""]


def _waivers(run: Run) -> list[str]:
    ended = [one for record in run.records for one in record.waivers if one.expired]
    lines = [f"- {text(phrase.waived(one))}: {text(phrase.waiver(one))}" for one in ended[:LISTED]]
    lines += [
        f"- {text(phrase.waived(one))} matched nothing; take it out of waivers.toml"
        for one in run.idle_waivers[:LISTED]
    ]
    return ["### Waivers", "", *lines, ""] if lines else []


def _cost(run: Run) -> list[str]:
    told = [f"- {text(costs.told(*one))}" for one in costs.measured(run)]
    if not told:
        return []
    lines = ["### Cost to production", "", *told[:LISTED], *_more(told), ""]
    for _, slow in costs.slowest(run)[:LISTED]:
        lines += [f"- {phrase.duration(slow.seconds)}: {text(costs.titled(run, slow))}"]
        if slow.index and _short(slow.index):
            lines += ["", "  An index may help, on the primary:", "", f"      {slow.index}", ""]
    return [*lines, ""]


def _named(run: Run, record: Record) -> str:
    return text(phrase.placed(run, record))


def _more(found: Sequence[object]) -> list[str]:
    return ["", f"And {len(found) - LISTED} more, on the page."] if len(found) > LISTED else []
