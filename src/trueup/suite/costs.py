"""What a worker's questions cost, on its way to the controller; only builtins travel."""

from collections.abc import Mapping, MutableMapping
from typing import Any

from trueup.model.cost import CostRecord
from trueup.model.exact import exact
from trueup.model.plain import plain
from trueup.suite.active import Active

NAME = "trueup"
"""What it travels below in xdist's workeroutput."""


def send(output: MutableMapping[str, object], active: Active, *, explain: bool) -> None:
    """Put what each system's server was asked for by this worker into what xdist carries."""
    systems = active.systems
    output[NAME] = {
        name: plain(systems.cost(name, explain=explain)) for name in systems.environments
    }


def sent(node: Any) -> Mapping[str, CostRecord] | None:
    """What a worker that is done has sent, by system; None where it crashed."""
    found = getattr(node, "workeroutput", {}).get(NAME)
    if found is None:
        return None
    return {name: exact(CostRecord, cost, json=True) for name, cost in found.items()}
