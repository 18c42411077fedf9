"""Invariants that ask addresses alone, while whoever reports would only wait for the database."""

from collections import deque
from collections.abc import Callable, Collection, Iterable

from trueup.model.invariant import Invariant
from trueup.model.verdict import Outcome

APART = frozenset({"replica", "visitor", "stripe", "storage"})
"""What is asked by its own thread, or in a transaction."""


class Probes:
    """
    Those that wait for their turn, and what the others came to before theirs.

    They are evaluated by the thread that reports, one between two looks at the database: what an
    author's function prints is dropped there, and nobody else asks an address meanwhile.
    """

    def __init__(
        self, invariants: Iterable[Invariant], evaluate: Callable[[Invariant], Outcome]
    ) -> None:
        self._left = deque(filter(_asks_addresses, invariants))
        self._evaluate = evaluate
        self._found: dict[str, Outcome] = {}

    def keep(self, ids: Collection[str]) -> None:
        """Keep to these; what only others ask is not asked."""
        self._left = deque(one for one in self._left if one.id in ids)

    def one(self) -> bool:
        """Evaluate the next; False where there is none."""
        if not self._left:
            return False
        invariant = self._left.popleft()
        self._found[invariant.id] = self._evaluate(invariant)
        return True

    def outcome(self, invariant: Invariant) -> Outcome | None:
        """What it came to; None where its turn came first, or it is none of these."""
        if invariant in self._left:
            self._left.remove(invariant)
        return self._found.pop(invariant.id, None)


def _asks_addresses(invariant: Invariant) -> bool:
    return "http" in invariant.asks and invariant.is_outside and APART.isdisjoint(invariant.asks)
