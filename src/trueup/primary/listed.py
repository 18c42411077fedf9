"""Many things of which the first are kept: a plan may be larger than what anybody reads."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sized
from typing import Generic, TypeVar

KEPT = 1000
"""How many are kept of each list; the journal has every one."""

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


class Listed(Sized, Generic[T, K]):
    """
    A list that counts all and keeps the first thousand.

    `len()` counts all that were added, a loop gives those kept, and `counts` has how many there
    are of each kind, which is what `kind` says of one.
    """

    def __init__(self, kind: Callable[[T], K], given: Iterable[T] = ()) -> None:
        self._kind = kind
        self._kept: list[T] = []
        self.counts: Counter[K] = Counter()
        self.add(given)

    def add(self, more: Iterable[T]) -> None:
        """Take more of them."""
        for one in more:
            self.counts[self._kind(one)] += 1
            if len(self._kept) < KEPT:
                self._kept.append(one)

    def __len__(self) -> int:
        return self.counts.total()

    def __iter__(self) -> Iterator[T]:
        return iter(self._kept)
