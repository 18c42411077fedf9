"""What Trueup may come to at most."""

from msgspec import Struct


class Bound(Struct, frozen=True):
    """One figure of a run, and the most that it may be."""

    figure: str
    value: float
    most: float

    @property
    def holds(self) -> bool:
        return self.value <= self.most

    def __str__(self) -> str:
        return f"bound: {self.figure} {self.value:.2f}, at most {self.most:g}"


def judged(bounds: list[Bound]) -> bool:
    """Print each, and say whether all hold."""
    for bound in bounds:
        print(bound)
    return all(bound.holds for bound in bounds)
