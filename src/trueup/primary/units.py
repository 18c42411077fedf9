"""What belongs together: changes that are made together, or not at all."""

from collections.abc import Iterable


class Union:
    """Things numbered from zero, joined pair by pair."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def join(self, things: Iterable[int]) -> None:
        """Put all of these into one group."""
        first: int | None = None
        for thing in things:
            root = self.root(thing)
            if first is None:
                first = root
            elif root != first:
                low, high = min(first, root), max(first, root)
                self._parent[high] = low
                first = low

    def root(self, thing: int) -> int:
        """The lowest number in a thing's group."""
        while self._parent[thing] != thing:
            self._parent[thing] = self._parent[self._parent[thing]]
            thing = self._parent[thing]
        return thing


def numbered(roots: Iterable[int]) -> list[int]:
    """Groups counted from zero in the order in which they come."""
    seen: dict[int, int] = {}
    return [seen.setdefault(root, len(seen)) for root in roots]
