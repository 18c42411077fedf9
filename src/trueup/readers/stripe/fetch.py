"""Fetching Stripe's lists before a transaction is opened that would wait for them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from trueup.errors import StripeError
from trueup.model.invariant import STRIPE, Invariant

if TYPE_CHECKING:
    from trueup.readers.stripe.reader import Stripe


def fetch(stripe: "Stripe | None", invariants: Iterable[Invariant]) -> None:
    """Have the lists that these invariants judge; what goes wrong is said when they are asked."""
    if stripe is None:
        return
    wanted = {of for one in invariants for of in one.over.values() if one.lies_in(STRIPE, of)}
    for kind in sorted(wanted):
        try:
            stripe.count(kind)
        except StripeError:
            return
