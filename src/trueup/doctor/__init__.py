"""The doctor: what an environment is like, line by line, each with what to do about it."""

from collections.abc import Iterator

from trueup.doctor.outside import outside
from trueup.doctor.primary import primary
from trueup.doctor.replica import replica
from trueup.doctor.stripe import stripe
from trueup.doctor.told import Told
from trueup.doctor.visitor import visitor
from trueup.environment import Environment

__all__ = ["Told", "examine"]


def examine(environment: Environment) -> Iterator[Told]:
    """Look at databases, Stripe, addresses and buckets, as the environment has them."""
    yield from replica(environment)
    yield from visitor(environment)
    yield from primary(environment)
    yield from stripe(environment)
    yield from outside(environment)
