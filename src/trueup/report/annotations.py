"""The run as annotations of a job: lines that GitHub Actions reads, within its limits."""

from collections.abc import Iterator, Sequence

from trueup.model.run import Record, Run
from trueup.model.verdict import Verdict
from trueup.report import phrase

A_STEP = 10
"""Errors, and as many warnings, that GitHub shows of one step; it drops the others silently."""

LONGEST = 1000
"""Characters of a message; GitHub shows no more of it in a list."""

ERRORS = ("P0", "P1")


def annotations(run: Run) -> list[str]:
    """An error for each grave violation, a warning for each other and for what is unknown."""
    broken = [one for one in run.having(Verdict.VIOLATED) if not one.excused]
    unknown = [one for one in run.having(Verdict.UNKNOWN) if not one.excused]
    grave = [one for one in broken if one.severity in ERRORS]
    other = [one for one in broken if one.severity not in ERRORS]
    return [*_lines("error", run, grave), *_lines("warning", run, [*other, *unknown])]


def _lines(kind: str, run: Run, records: Sequence[Record]) -> Iterator[str]:
    """So many as are shown; where there are more, the last says how many."""
    shown = records if len(records) <= A_STEP else records[: A_STEP - 1]
    for one in shown:
        title = f"{one.severity} {phrase.placed(run, one)}"
        yield _command(kind, title, _message(one), one.path, one.line)
    if len(shown) < len(records):
        rest = len(records) - len(shown)
        yield _command(kind, "and more", f"{rest} more are on the page and in the summary")


def _message(record: Record) -> str:
    if record.verdict is Verdict.UNKNOWN:
        remedy = f"\n{phrase.said(record.remedy)}" if record.remedy else ""
        return f"unknown: {record.reason or 'no reason was given'}{remedy}"
    fixes = "".join(f"\nfix: {fix.command}" for fix in record.fixes)
    return f"{phrase.counted(record)}. {phrase.first_sentence(record.harm)}{fixes}"


def _command(kind: str, title: str, message: str, path: str = "", line: int = 0) -> str:
    told = {"title": title, "file": path, "line": str(line or "")}
    properties = ",".join(f"{name}={_property(value)}" for name, value in told.items() if value)
    return f"::{kind} {properties}::{_data(message[:LONGEST])}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
