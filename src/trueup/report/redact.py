"""An outcome as a record that may be published: what of a row is printed, and what is masked."""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

from msgspec.structs import replace

from trueup.model.invariant import Invariant
from trueup.model.legible import legible
from trueup.model.run import Cell, FixRecord, Record
from trueup.model.verdict import Outcome
from trueup.model.violation import key_text
from trueup.report.mask import PLAIN, Mask, is_mask

ROWS = 50
"""Violations of one invariant whose rows a run keeps."""

KEYS = 1000
"""Violations of one invariant that a run names."""

LONGEST = 200
"""Characters of one printed value; the rest is cut."""

HOMES = ("invariants", "fixes")
"""The project's folders that paths in a report start with."""


def cells(
    row: Mapping[str, object],
    columns: Sequence[str],
    allowed: Collection[str],
    mask: Mask = PLAIN,
) -> tuple[Cell, ...]:
    """
    One violation as a report may print it: a value per column, masked where it is not allowed.

    A column that the row does not have is empty, as null is.
    """
    return tuple(_cell(row.get(column), column in allowed, mask) for column in columns)


def record(
    invariant: Invariant, outcome: Outcome, fixes: tuple[FixRecord, ...], mask: Mask = PLAIN
) -> Record:
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
        keys=tuple(key_text(violation.key) for violation in outcome.violations[:KEYS]),
        columns=columns,
        rows=tuple(cells(row, columns, allowed, mask) for row in sample),
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


def _cell(value: object, allowed: bool, mask: Mask) -> Cell:
    if value is None:
        return None
    if not allowed:
        return mask.of(_text(value))
    if isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    text = legible(_text(value))
    if is_mask(text):
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
