"""Which account of Stripe an environment reads, and how patiently."""

from datetime import timedelta
from typing import ClassVar

from trueup.model.hiding import Hiding


class StripeAccount(Hiding, frozen=True, kw_only=True):
    """
    The key with the variable it came from, and the mode that the environment is of.

    `url` is another address than Stripe's own, as the sample has; `grace` is how long the
    application may take to hear of a change, `budget` how many seconds a process may ask for.
    """

    HIDDEN: ClassVar = frozenset({"secret"})

    secret: str
    source: str
    live: bool
    unrestricted: bool = False
    url: str | None = None
    grace: timedelta = timedelta(minutes=15)
    budget: float = 300.0
