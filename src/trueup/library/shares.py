"""A share of what came to its end that went well, as a violation where it is too small."""

from collections.abc import Iterator

from trueup.model.invariant import Row

LEAST = 20
"""Fewer than that are an anecdote: one failure of three is no rate."""


def below(of: str, good: int, number: int, percent: float, least: int = LEAST) -> Iterator[Row]:
    """The one violation of a rate, named by what it is of."""
    if number >= least and 100 * good / number < percent:
        share = round(100 * good / number, 1)
        yield {"of": of, "succeeded": good, "number": number, "percent": share}
