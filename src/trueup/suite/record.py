"""The record on its way: from an item to its report, to the controller, to the run."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from trueup.model.run import Record, record

if TYPE_CHECKING:
    from trueup.suite.finish import Finished

RUN: "pytest.StashKey[Finished | None]" = pytest.StashKey()
"""Where the controller keeps the run once it is made, for whoever shows it."""

ATTRIBUTE = "trueup"
"""Plain data below this name travels with a report, whichever process made it."""


def attach(item: Any, report: Any) -> None:
    """
    Put the record that an item made on its report; other items have none.

    By way of JSON, since only builtins travel between processes: one enum would end the run.
    """
    found = getattr(item, "record", None)
    if isinstance(found, Record):
        setattr(report, ATTRIBUTE, json.loads(json.dumps(asdict(found))))


def carried(report: Any) -> Record | None:
    """The record that a report carries, or None for a report of another kind."""
    plain = getattr(report, ATTRIBUTE, None)
    return record(plain) if plain is not None else None


def verdict_of(report: Any) -> str | None:
    """The verdict alone, without reading the rest."""
    plain = getattr(report, ATTRIBUTE, None)
    return str(plain["verdict"]) if plain is not None else None
