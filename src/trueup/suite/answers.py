"""What the process that asks says: what there is, what each invariant came to, and the run."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from trueup import catalog
from trueup.config import Project
from trueup.model.invariant import Invariant
from trueup.model.run import Record
from trueup.suite import bug
from trueup.suite.asking import Reported
from trueup.suite.beginning import opened
from trueup.suite.check import Asked
from trueup.suite.here import Here
from trueup.suite.listed import listed
from trueup.suite.orders import Orders
from trueup.suite.sources import Sources
from trueup.suite.wire import Begin, Channel, End, Failed, Judged, Made, Opened, Order


def answer(
    project: Project, asked: Asked, sources: Sources, orders: Orders, channel: Channel[Order]
) -> None:
    """Open the run, evaluate in the order in which it is reported, and make the run of it."""

    def say(run: str, invariants: Sequence[Invariant]) -> None:
        channel.say(Opened(run, tuple(listed(invariants))))

    with opened(project, asked, sources, say) as active:
        orders.opened()
        here = Here(active)
        records: dict[str, Record] = {}
        order = orders.next()
        if isinstance(order, Begin):
            records = _evaluated(here, order, orders, channel)
            order = orders.next()
        if isinstance(order, End):
            reported = Reported(tuple(records[one] for one in order.ids), stopped=order.stopped)
            channel.say(Made(here.made(reported), active.systems.secrets))


def _evaluated(
    here: Here, begin: Begin, orders: Orders, channel: Channel[Order]
) -> dict[str, Record]:
    """Say what each came to, until that is broken off."""
    known = catalog.by_id(here.root, map(Path, sorted(begin.paths)))
    here.begin([known[one] for one in begin.ids if one in known], begin.selection)
    records = {}
    for one in begin.ids:
        said = orders.breakable(partial(_judged, here, one, known.get(one)))
        if said is None:
            break
        if isinstance(said, Judged):
            records[one] = said.record
        channel.say(said)
    return records


def _judged(here: Here, id_: str, invariant: Invariant | None) -> Judged | Failed:
    if invariant is None:
        return Failed(id_, f"{id_} is not declared in its module")
    try:
        return Judged(here.evaluated(invariant))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  # told as a failure of ours
        return Failed(id_, bug.told(error))
