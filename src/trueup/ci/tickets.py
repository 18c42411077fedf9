"""
What is said of a run in a repository's issues: one an invariant, opened, updated, closed.

An issue carries a hidden mark, by which the next run knows it. It has no data of any row: neither
keys nor values, since whoever may read issues may not be allowed to read those.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from trueup.model.run import Record, Run
from trueup.model.verdict import Verdict
from trueup.report import phrase

LABEL = "trueup"

CLEAN_RUNS = 2
"""Runs in a row that must find nothing before an issue is closed."""

OPENED = 20
"""Issues that one run opens, the worst first; the next run opens the rest."""

_MARK = re.compile(
    r"<!-- trueup subject=(?P<subject>[\w.]+) environment=(?P<environment>[\w-]+)"
    r" count=(?P<count>\d+) clean=(?P<clean>\d+) -->"
)


class Ticket(Struct, frozen=True, kw_only=True):
    """
    An issue that is ours; `subject` is an invariant's id, or a system that could not be looked at.

    `count` is of violations, or of invariants that are unknown, and `counted` says it in words.
    `clean` counts the runs since it was last seen; `number` is None until it is opened.
    """

    subject: str
    environment: str
    count: int
    clean: int = 0
    number: int | None = None
    is_open: bool = True
    title: str = ""
    counted: str = ""
    said: str = ""

    @property
    def body(self) -> str:
        """What it says, and the mark by which it is known again."""
        mark = (
            f"<!-- trueup subject={self.subject} environment={self.environment}"
            f" count={self.count} clean={self.clean} -->"
        )
        return f"{self.said}\n\n{mark}\n"


class Step(Struct, frozen=True, kw_only=True):
    """One thing to do to one issue: write it as it should be, with a comment where that is news."""

    ticket: Ticket
    comment: str = ""


def read(number: int, body: str, *, is_open: bool) -> Ticket | None:
    """The ticket that an issue's body makes it; None where it is somebody else's."""
    found = _MARK.search(body)
    if found is None:
        return None
    return Ticket(
        subject=found["subject"],
        environment=found["environment"],
        count=int(found["count"]),
        clean=int(found["clean"]),
        number=number,
        is_open=is_open,
        said=body[: found.start()].rstrip(),
    )


def steps(run: Run, there: Iterable[Ticket], page: str) -> list[Step]:
    """What a run's verdicts make of the issues that are there; the worst come first."""
    known = {one.subject: one for one in there if one.environment == run.environment}
    wanted = {one.subject: one for one in _wanted(run, page)}
    made = [_seen(known.get(subject), ticket, page) for subject, ticket in wanted.items()]
    opened = [step for step in made if step and step.ticket.number is None][:OPENED]
    known_again = [step for step in made if step and step.ticket.number is not None]
    clean = _clean(run) - set(wanted)
    gone = [_gone(one, page) for subject, one in known.items() if subject in clean and one.is_open]
    return [*opened, *known_again, *gone]


def _wanted(run: Run, page: str) -> Iterator[Ticket]:
    """What should be open: each violated invariant, and each system that hid something."""
    for record in _waking(run, Verdict.VIOLATED):
        yield Ticket(
            subject=record.id,
            environment=run.environment,
            count=record.unwaived or record.count,
            counted=phrase.violations(record),
            title=f"[{record.severity}] {record.statement} ({record.system}, {run.environment})",
            said=_violated(record, page),
        )
    unknown: dict[str, list[Record]] = {}
    for record in _waking(run, Verdict.UNKNOWN):
        unknown.setdefault(record.system, []).append(record)
    for system, records in unknown.items():
        yield Ticket(
            subject=system,
            environment=run.environment,
            count=len(records),
            counted=f"{phrase.plural(len(records), 'invariant')} unknown",
            title=f"[unknown] {system} could not be looked at ({run.environment})",
            said=_unknown(records, page),
        )


def _clean(run: Run) -> set[str]:
    """What this run looked at whole: of what it selected, it says nothing of a system."""
    quiet = [record for record in run.records if not record.maintenance]
    looked_at = {record.id for record in quiet if record.verdict is not Verdict.UNKNOWN}
    maintained = {record.system for record in run.records if record.maintenance}
    systems = {record.system for record in run.records} - maintained
    return looked_at if run.narrowed else looked_at | systems


def _waking(run: Run, verdict: Verdict) -> Iterator[Record]:
    """What is found in maintenance wakes nobody: it opens no issue, and closes none."""
    return (record for record in run.having(verdict) if not record.maintenance)


def _seen(known: Ticket | None, wanted: Ticket, page: str) -> Step | None:
    if known is None:
        return Step(ticket=wanted)
    ticket = replace(wanted, number=known.number)
    if not known.is_open:
        return Step(ticket=ticket, comment=f"Again, {wanted.counted}. {page}")
    if known.count != wanted.count:
        return Step(ticket=ticket, comment=f"{known.count:,} → {wanted.count:,}. {page}")
    return Step(ticket=ticket) if known.clean else None


def _gone(known: Ticket, page: str) -> Step:
    clean = known.clean + 1
    if clean < CLEAN_RUNS:
        return Step(ticket=replace(known, clean=clean))
    comment = f"{clean} runs in a row found nothing. {page}"
    return Step(ticket=replace(known, clean=clean, is_open=False), comment=comment)


def _violated(record: Record, page: str) -> str:
    lines = [record.harm, "", phrase.said(phrase.counted(record))]
    if record.runbook:
        lines += ["", f"Runbook: `docs/runbooks/{record.system}.md#{record.runbook}`"]
    for fix in record.fixes:
        lines += ["", f"Fix: `{fix.path}`", "", "```", fix.command, "```"]
    lines += ["", f"The rows are in the report of the run, for those who may see them: {page}"]
    return "\n".join(lines)


def _unknown(records: Iterable[Record], page: str) -> str:
    reasons: Mapping[str, list[str]] = _by_reason(records)
    lines = ["What could not be looked at is neither true nor false.", ""]
    for reason, names in reasons.items():
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        lines.append(f"- {reason}: {', '.join(f'`{name}`' for name in names[:3])}{more}")
    return "\n".join([*lines, "", f"What to do about each is in the report of the run: {page}"])


def _by_reason(records: Iterable[Record]) -> dict[str, list[str]]:
    reasons: dict[str, list[str]] = {}
    for record in records:
        reasons.setdefault(record.reason or "no reason was given", []).append(record.name)
    return reasons
