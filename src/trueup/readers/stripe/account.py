"""Which account of Stripe an environment reads, and how patiently."""

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class StripeAccount:
    """
    The key with the variable it came from, and the mode that the environment is of.

    `url` is another address than Stripe's own, as the sample has; `grace` is how long the
    application may take to hear of a change, `budget` how many seconds a process may ask for.
    """

    secret: str = field(repr=False)
    source: str
    live: bool
    unrestricted: bool = False
    url: str | None = None
    grace: timedelta = timedelta(minutes=15)
    budget: float = 300.0
