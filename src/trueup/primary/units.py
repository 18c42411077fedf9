"""What belongs together: changes that are made together, or not at all."""

from collections.abc import Iterable, Sequence


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


def units(
    mends: Sequence[Iterable[int]], together: Iterable[Iterable[int]], violations: int
) -> list[int]:
    """The unit of each change: those that mend one violation, or need each other, share one."""
    found = Union(len(mends) + violations)
    for place, mended_by in enumerate(mends):
        found.join([place, *(len(mends) + mended for mended in mended_by)])
    for pair in together:
        found.join(pair)
    return numbered(found.root(place) for place in range(len(mends)))


def joined(of: Sequence[int], together: Iterable[Iterable[int]]) -> list[int]:
    """The unit of each change that has one already, where some units need each other too."""
    return units([[unit] for unit in of], together, max(of, default=0) + 1)


def numbered(roots: Iterable[int]) -> list[int]:
    """Groups counted from zero in the order in which they come."""
    seen: dict[int, int] = {}
    return [seen.setdefault(root, len(seen)) for root in roots]
