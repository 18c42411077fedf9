"""Masking: what of a row may be printed, and the last look at a text before it is written."""

import json
import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from html import unescape
from pathlib import Path
from urllib.parse import unquote, unquote_plus

from trueup.model.invariant import Invariant
from trueup.model.run import Cell, FixRecord, Record
from trueup.model.verdict import Outcome
from trueup.model.violation import key_text

MASKED = "masked"
"""What stands in a report for a value that it may not print."""

ROWS = 50
"""Violations of one invariant whose rows a run keeps."""

KEYS = 1000
"""Violations of one invariant that a run names."""

LONGEST = 200
"""Characters of one printed value; the rest is cut."""

SHORT_SECRET = 6
"""A password shorter than this is only looked for inside a URL: elsewhere it occurs by chance."""

UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that would act instead of show: controls, changes of direction, half surrogates."""

HOMES = ("invariants", "fixes")
"""The project's folders that paths in a report start with."""

PATTERNS = {
    "a connection string with its password": re.compile(r"(?<=\w)://[^\s:/@?#]*:[^\s/@]+@"),
    "a Stripe key": re.compile(r"(?<![A-Za-z0-9])(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{8,}"),
    "a webhook's signing secret": re.compile(r"(?<![A-Za-z0-9])whsec_[A-Za-z0-9+/=]{8,}"),
    "a JSON web token": re.compile(r"(?<![\w-])eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*"),
    "an e-mail address": re.compile(r"(?<=[\w.%+-])(?:@|%40)[\w.-]{1,255}\.[^\W\d_]{2,}"),
}


def cells(
    row: Mapping[str, object], columns: Sequence[str], allowed: Collection[str]
) -> tuple[Cell, ...]:
    """
    One violation as a report may print it: a value per column, masked where it is not allowed.

    A column that the row does not have is empty, as null is.
    """
    return tuple(_cell(row.get(column), column in allowed) for column in columns)


def record(invariant: Invariant, outcome: Outcome, fixes: tuple[FixRecord, ...]) -> Record:
    """One invariant's outcome in a form that may be published: rows masked, paths cut."""
    sample = [violation.row for violation in outcome.violations[:ROWS]]
    columns = tuple(dict.fromkeys(column for row in sample for column in row))
    allowed = outcome.printable | invariant.show | set(invariant.key or columns[:1])
    return Record(
        system=invariant.system,
        name=invariant.name,
        severity=str(invariant.severity),
        verdict=outcome.verdict,
        harm=invariant.harm,
        reason=outcome.reason,
        remedy=outcome.remedy,
        count=outcome.count,
        counted_all=outcome.counted_all,
        keys=tuple(legible(key_text(violation.key)) for violation in outcome.violations[:KEYS]),
        columns=columns,
        rows=tuple(cells(row, columns, allowed) for row in sample),
        judged=dict(outcome.judged),
        seconds=outcome.seconds,
        sql=tuple(outcome.sql),
        snapshot=outcome.snapshot,
        fixes=tuple(replace(fix, path=_within(fix.path)) for fix in fixes),
        runbook=invariant.runbook,
        owner=invariant.owner,
        tags=invariant.tags,
        path=_within(invariant.path),
        line=invariant.line,
    )


def legible(text: str) -> str:
    """The text with characters that a screen or a terminal would obey written out as escapes."""
    return UNSEEN.sub(lambda found: found.group().encode("unicode_escape").decode(), text)


def scrub(text: str, secrets: Iterable[str] = ()) -> list[str]:
    """
    Name the kinds of secrets that are in a text; an empty list means that it may be published.

    `secrets` are the passwords that this run knows: each is looked for plain and as URLs, JSON and
    HTML write it. The secrets themselves are never part of the answer.
    """
    found = [kind for kind, pattern in PATTERNS.items() if pattern.search(text)]
    known = [form for secret in secrets if secret for form in _forms(secret)]
    if known and any(form in reading for reading in _readings(text) for form in known):
        found.insert(0, "a password of the configuration")
    return found


def _forms(secret: str) -> set[str]:
    """A secret as it is, and inside JSON; a short one only where URLs have their passwords."""
    forms = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    return {f":{form}@" for form in forms} if len(secret) < SHORT_SECRET else forms


def _readings(text: str) -> Iterator[str]:
    """The text as it stands, as a browser reads it, and as a URL's parser does."""
    yield text
    yield unescape(text)
    yield unquote(unescape(text))
    yield unquote_plus(unescape(text))


def _cell(value: object, allowed: bool) -> Cell:
    if value is None:
        return None
    if not allowed:
        return MASKED
    if isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    text = legible(_text(value))
    if text == MASKED:
        return f"'{text}'"  # so that a value is never taken for a mask
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return _instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat(timespec="seconds")
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bytes | bytearray | memoryview):
        return "\\x" + bytes(value[:LONGEST]).hex()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=_text)
    return str(value)


def _instant(value: datetime) -> str:
    """In UTC where it has a zone; a time without one stays without."""
    if value.tzinfo is None:
        return value.isoformat(timespec="seconds")
    try:
        value = value.astimezone(UTC)
    except OverflowError:  # the first and the last day that Python knows
        return value.isoformat(timespec="seconds")
    return value.isoformat(timespec="seconds").replace("+00:00", "Z")


def _within(path: str) -> str:
    """The path as seen from the project's folder, and nothing of where that folder lies."""
    place = Path(path)
    if not place.is_absolute():
        return place.as_posix()
    home = max((i for i, part in enumerate(place.parts) if part in HOMES), default=-1)
    return Path(*place.parts[home:]).as_posix()
