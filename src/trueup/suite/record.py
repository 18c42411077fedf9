"""The record on its way: from an item to its report, to the controller, to the run."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest

from trueup.model.run import Record

if TYPE_CHECKING:
    from trueup.model.cost import CostRecord
    from trueup.suite.active import Active
    from trueup.suite.finish import Finished

RUN: "pytest.StashKey[Finished | None]" = pytest.StashKey()
"""Where the controller keeps the run once it is made, for whoever shows it."""

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


def send_costs(config: pytest.Config, active: "Active", *, explain: bool) -> None:
    """Let the controller know what this worker's questions cost, as plain data too."""
    from trueup.model.plain import plain  # noqa: PLC0415  # as above

    output: dict[str, object] = config.workeroutput  # type: ignore[attr-defined]  # xdist's own
    systems = active.systems
    output[ATTRIBUTE] = {
        name: plain(systems.cost(name, explain=explain)) for name in systems.environments
    }


def costs_of(node: Any) -> "Mapping[str, CostRecord] | None":
    """What a worker that is done has sent; None where it crashed."""
    sent = getattr(node, "workeroutput", {}).get(ATTRIBUTE)
    if sent is None:
        return None
    from trueup.model.cost import CostRecord  # noqa: PLC0415  # as above
    from trueup.model.exact import exact  # noqa: PLC0415  # as above

    return {name: exact(CostRecord, cost, json=True) for name, cost in sent.items()}


def in_maintenance(report: Any) -> bool:
    """Whether it was found in a maintenance window, so that it fails nothing."""
    plain = getattr(report, ATTRIBUTE, None)
    return bool(plain and plain["maintenance"])


def verdict_of(report: Any) -> str | None:
    """The verdict alone, without reading the rest."""
    plain = getattr(report, ATTRIBUTE, None)
    return str(plain["verdict"]) if plain is not None else None
