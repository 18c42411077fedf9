"""The record on its way: from an item to its report, to the controller, to the run."""

from functools import lru_cache
from typing import Any

import msgspec

from trueup.model.run import Record
from trueup.model.run_json import text
from trueup.model.verdict import Verdict

ATTRIBUTE = "trueup"
"""The attribute of a report that carries the record, whichever process made it."""

PHASE = "trueup_phase"
"""The attribute that marks the report of a set-up or tear-down: an invariant has neither."""


def attach(item: Any, report: Any) -> None:
    """
    Put the record that an invariant made on the report of its call, a mark on the others.

    From a worker of xdist as JSON: only builtins travel, and one enum would end the run.
    """
    found = getattr(item, "record", None)
    if report.when != "call":
        setattr(report, PHASE, True)
    elif isinstance(found, Record):
        sent = hasattr(item.config, "workerinput")
        setattr(report, ATTRIBUTE, text(found) if sent else found)


def carried(report: Any) -> Record | None:
    """The record that a report carries, or None for a report of another kind."""
    found: Record | str | None = getattr(report, ATTRIBUTE, None)
    return _read(found) if isinstance(found, str) else found


@lru_cache(maxsize=8)
def _read(sent: str) -> Record:
    """Once, however many hooks ask for the record of a report, one after the other."""
    return msgspec.json.decode(sent, type=Record)


def says_nothing(report: Any) -> bool:
    """Whether it is of a set-up or tear-down of an invariant, and nothing went wrong there."""
    return bool(getattr(report, PHASE, False) and report.passed)


def in_maintenance(report: Any) -> bool:
    """Whether it was found in a maintenance window, so that it fails nothing."""
    found = carried(report)
    return found is not None and bool(found.maintenance)


def verdict_of(report: Any) -> Verdict | None:
    """The verdict of the record that a report carries."""
    found = carried(report)
    return None if found is None else found.verdict
