"""The record on its way: from an item to its report, to the controller, to the run."""

from typing import Any

from trueup.model.run import Record

ATTRIBUTE = "trueup"
"""Plain data below this name travels with a report, whichever process made it."""


def attach(item: Any, report: Any) -> None:
    """
    Put the record that an item made on its report; other items have none.

    As plain data, since only builtins travel between processes: one enum would end the run.
    """
    found = getattr(item, "record", None)
    if isinstance(found, Record):
        from trueup.model.run_json import plain_record  # noqa: PLC0415  # as below

        setattr(report, ATTRIBUTE, plain_record(found))


def carried(report: Any) -> Record | None:
    """The record that a report carries, or None for a report of another kind."""
    plain = getattr(report, ATTRIBUTE, None)
    if plain is None:
        return None
    # Pytest loads this module every time; what reads JSON, only where there is a run.
    from trueup.model.run_json import record  # noqa: PLC0415  # as the line above says

    return record(plain)


def in_maintenance(report: Any) -> bool:
    """Whether it was found in a maintenance window, so that it fails nothing."""
    plain = getattr(report, ATTRIBUTE, None)
    return bool(plain and plain["maintenance"])


def verdict_of(report: Any) -> str | None:
    """The verdict alone, without reading the rest."""
    plain = getattr(report, ATTRIBUTE, None)
    return str(plain["verdict"]) if plain is not None else None
