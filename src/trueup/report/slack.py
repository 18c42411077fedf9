"""The run as a message for Slack, as its incoming webhooks take it; without rows."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from trueup.model.run import Change, Record, Run
from trueup.model.verdict import Verdict
from trueup.report import past, phrase

HEADER, SECTION, BLOCKS = 150, 3000, 50
"""Characters of a header and of a section, and blocks of a message, that Slack takes at most."""

TOGETHER = 10_000
"""Characters of all sections; a message of about 13,000 is refused, whatever the parts have."""

LISTED = 20
LONGEST = 300

Block = dict[str, Any]


def message(run: Run, page: str = "") -> str:
    """The message as JSON: the verdict, what is new, the worst with its fix, what is unknown."""
    blocks = [_header(phrase.sentence(run)), _context(_as_of(run))]
    room = TOGETHER
    for said in _sections(run):
        if len(said) > room or len(blocks) >= BLOCKS - 2:
            blocks.append(_section("And more: see the page."))
            break
        room -= len(said)
        blocks.append(_section(said))
    if page:
        blocks.append(_section(f"<{page}|The whole page>"))
    fallback = f"{phrase.headline(run)}: {phrase.systems(run)}, {run.environment}"
    return json.dumps({"text": _plain(fallback), "blocks": blocks}, ensure_ascii=False)


def _sections(run: Run) -> Iterator[str]:
    if run.earlier:
        yield f"*Since the last run:* {past.told(run)}"
    new = past.having(run, Change.NEW)
    ongoing = [one for one in run.having(Verdict.VIOLATED) if one not in new]
    yield from _listed(run, "New", [one for one in new if one.verdict is Verdict.VIOLATED])
    yield from _listed(run, "Violated", ongoing)
    yield from _listed(run, "Resolved", past.having(run, Change.RESOLVED))
    unknown = run.having(Verdict.UNKNOWN)
    yield from (
        f"*Unknown* {one.severity} {_named(run, one)}: {_plain(one.reason)}"
        for one in unknown[:LISTED]
    )
    if len(unknown) > LISTED:
        yield f"And {len(unknown) - LISTED} more are unknown."


def _listed(run: Run, word: str, records: Sequence[Record]) -> Iterator[str]:
    for one in records[:LISTED]:
        lines = [f"*{word}* {one.severity} {_named(run, one)}"]
        if one.verdict is Verdict.VIOLATED:
            since = past.since(run, one)
            lines.append(_plain(f"{phrase.counted(one)}{f', {since}' if since else ''}"))
            lines += [f"`{fix.command}`" for fix in one.fixes if _fits(fix.command)]
        yield "\n".join(lines)
    if len(records) > LISTED:
        yield f"And {len(records) - LISTED} more: {word.lower()}."


def _fits(command: str) -> bool:
    return len(command) <= SECTION // 3 and not set(command) & set("`\n<>")


def _as_of(run: Run) -> str:
    return f"{phrase.systems(run)}, {run.environment}, as of {phrase.moment(run.as_of)}"


def _named(run: Run, record: Record) -> str:
    return _plain(phrase.placed(run, record))


def _plain(text: str) -> str:
    """A text in which Slack sees no mark of its own, cut where it is long."""
    line = " ".join(text.split())
    line = line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _header(text: str) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": text[:HEADER]}}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": _plain(text)}]}


def _section(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:SECTION]}}
