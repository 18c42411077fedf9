"""The record on its way: from an item to its report, to the controller, to the run."""

from typing import Any

from trueup.model.run import Record
from trueup.model.verdict import Verdict

ATTRIBUTE = "trueup"
"""What travels with a report below this name, whichever process made it."""

PHASE = "trueup_phase"
"""What marks the report of an invariant's set-up or tear-down: it has none, so it says nothing."""


def attach(item: Any, report: Any) -> None:
    """
    Put the record that an invariant made on the report of its call, a mark on the others.

    From a worker of xdist as plain data: only builtins travel, and one enum would end the run.
    """
    found = getattr(item, "record", None)
    if report.when != "call":
        setattr(report, PHASE, True)
    elif isinstance(found, Record):
        if hasattr(item.config, "workerinput"):
            from trueup.model.run_json import plain_record  # noqa: PLC0415  # as below

            setattr(report, ATTRIBUTE, plain_record(found))
        else:
            setattr(report, ATTRIBUTE, found)


def carried(report: Any) -> Record | None:
    """The record that a report carries, or None for a report of another kind."""
    found = getattr(report, ATTRIBUTE, None)
    if found is None or isinstance(found, Record):
        return found
    # Pytest loads this module every time; what reads JSON, only where there is a run.
    from trueup.model.run_json import record  # noqa: PLC0415  # as the line above says

    return record(found)


def says_nothing(report: Any) -> bool:
    """Whether it is of a set-up or tear-down of an invariant, and nothing went wrong there."""
    return bool(getattr(report, PHASE, False) and report.passed)


def in_maintenance(report: Any) -> bool:
    """Whether it was found in a maintenance window, so that it fails nothing."""
    return bool(_said(report, "maintenance"))


def verdict_of(report: Any) -> str | None:
    """The verdict alone, without reading the rest."""
    verdict: Verdict | str | None = _said(report, "verdict")
    return None if verdict is None else str(verdict)


def _said(report: Any, field: str) -> Any:
    found = getattr(report, ATTRIBUTE, None)
    return found.get(field) if isinstance(found, dict) else getattr(found, field, None)
