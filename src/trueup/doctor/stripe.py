"""Stripe: whether the key is the right one, and may read what invariants ask for."""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from trueup.doctor.told import Told
from trueup.environment import Environment
from trueup.errors import GuardError, StripeError
from trueup.readers.stripe.account import StripeAccount

if TYPE_CHECKING:
    from trueup.readers.stripe.reader import Stripe


def stripe(environment: Environment) -> Iterator[Told]:
    """Look at the key of an environment that names one, and ask for one of each kind by it."""
    if environment.stripe is not None:
        yield from _read(environment.stripe)
    elif "stripe" in environment.unset:
        unset = environment.unset["stripe"]
        yield Told(False, f"stripe: the variable {unset} is not set", "its invariants are unknown")


def _read(account: StripeAccount) -> Iterator[Told]:
    # Only who has an account waits the half second that Stripe's library takes to load.
    from trueup.readers.stripe.key import require  # noqa: PLC0415  # as the line above says
    from trueup.readers.stripe.reader import VERSION, Stripe  # noqa: PLC0415  # as above

    with tempfile.TemporaryDirectory(prefix="trueup-") as folder:
        reader = Stripe(account, Path(folder))
        try:
            require(reader.key, live=account.live, unrestricted=account.unrestricted)
            yield Told(True, f"stripe: a key of {reader.key.mode} mode, API version {VERSION}")
            yield from (_may(kind, ask) for kind, ask in _kinds(reader).items())
        except GuardError as error:
            yield Told(False, f"stripe: {error}")
        finally:
            reader.close()


def _kinds(reader: "Stripe") -> dict[str, Callable[[], Iterable[object]]]:
    """What invariants ask for, with as short a list of each as there is."""
    return {
        "events": lambda: [reader.now],
        "subscriptions": lambda: reader.subscriptions_of("cus_nobody0"),
        "webhook endpoints": reader.webhook_endpoints,
        "checkout sessions": lambda: reader.checkout_sessions(days=0),
        "refunds": lambda: reader.refunds(days=0),
    }


def _may(kind: str, ask: Callable[[], Iterable[object]]) -> Told:
    try:
        list(islice(ask(), 1))
    except StripeError as error:
        return Told(False, f"stripe: {error}", f"what is judged by {kind} is unknown without it")
    return Told(True, f"stripe: reads {kind}")
