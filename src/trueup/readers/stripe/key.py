"""A Stripe key: what it may do and where, as its first letters say; its secret is never printed."""

import re

from msgspec import Struct

from trueup.errors import GuardError

_KEY = re.compile(r"(?P<kind>rk|sk)_(?P<mode>live|test)_[A-Za-z0-9]+")

CREATE = (
    "https://dashboard.stripe.com/apikeys/create?name=trueup"
    "&permissions[]=rak_subscription_read&permissions[]=rak_customer_read"
    "&permissions[]=rak_event_read&permissions[]=rak_webhook_read&permissions[]=rak_plan_read"
    "&permissions[]=rak_product_read&permissions[]=rak_invoice_read&permissions[]=rak_charge_read"
    "&permissions[]=rak_payment_intent_read&permissions[]=rak_checkout_session_read"
)
"""Where a restricted key that may read what invariants ask for is made."""


class Key(Struct, frozen=True):
    """A key and the variable it came from."""

    secret: str
    source: str
    restricted: bool
    live: bool

    def __repr__(self) -> str:
        return f"Key({self.source})"

    @property
    def mode(self) -> str:
        """Live or test, as Stripe says it."""
        return "live" if self.live else "test"


def read_key(secret: str, source: str) -> Key:
    """Take a key apart; raises GuardError, without the key, for what is none that reads."""
    found = _KEY.fullmatch(secret)
    if found is None:
        raise GuardError(
            f"{source} is no Stripe key that can read; it begins with rk_live_ or rk_test_, make"
            f" one at {CREATE}"
        )
    return Key(secret, source, found["kind"] == "rk", found["mode"] == "live")


def require(key: Key, *, live: bool, unrestricted: bool) -> None:
    """
    Raise GuardError for a key of the wrong mode, or one that could do more than read.

    `unrestricted` lets a secret key of test mode pass; one of live mode never does.
    """
    wanted = "live" if live else "test"
    if key.live is not live:
        raise GuardError(
            f"{key.source} is a key of {key.mode} mode, and this environment is of {wanted} mode;"
            " every object would seem to be missing, give the other key"
        )
    if not key.restricted and (key.live or not unrestricted):
        raise GuardError(
            f"{key.source} is a secret key, which may do anything; make a restricted one that only"
            f" reads, at {CREATE}"
        )
