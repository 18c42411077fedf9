"""What a worker's questions cost, on its way to the controller as JSON: only builtins travel."""

from collections.abc import Mapping, MutableMapping
from typing import Any

import msgspec

from trueup.model.cost import CostRecord
from trueup.model.run_json import text
from trueup.suite.opened import Systems

NAME = "trueup"
"""What it travels below in xdist's workeroutput."""


def send(output: MutableMapping[str, object], systems: Systems, *, explain: bool) -> None:
    """Put what each system's server was asked for by this worker into what xdist carries."""
    output[NAME] = text(
        {name: systems.cost(name, explain=explain) for name in systems.environments}
    )


def sent(node: Any) -> Mapping[str, CostRecord] | None:
    """What a worker that is done has sent, by system; None where it crashed."""
    found = getattr(node, "workeroutput", {}).get(NAME)
    if found is None:
        return None
    return msgspec.json.decode(found, type=dict[str, CostRecord])
