"""How xdist hands out a run's invariants: each worker gets its share at once."""

from typing import Any

from xdist.scheduler import LoadScheduling  # type: ignore[import-untyped]  # it has no marker

from trueup.suite.shares import number, share


class Shares(LoadScheduling):  # type: ignore[misc]  # as above
    """
    Gives each worker its whole share at once; what a crashed one leaves goes on as with xdist.

    It is one piece of the order, since rules on one table lie together and are judged together.
    """

    collection: list[str] | None
    maxschedchunk: int | None

    def schedule(self) -> None:
        """Hand the shares out, once all workers have collected the same."""
        if self.collection is not None or not self._check_nodes_have_same_collection():
            super().schedule()
            return
        self.collection = found = next(iter(self.node2collection.values()))
        self.maxschedchunk = self.maxschedchunk or len(found)
        nodes = sorted(self.nodes, key=_place)
        for place, node in enumerate(nodes):
            mine = list(share(len(found), len(nodes), place))
            self.node2pending[node].extend(mine)
            node.send_runtest_some(mine)
        for node in nodes:
            node.shutdown()


def _place(node: Any) -> int:
    return number(node.gateway.id)
