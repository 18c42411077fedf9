"""A stand-in for Stripe on loopback: an account to break, and a server that answers for it."""

from trueup.sample.stripe.account import Account
from trueup.sample.stripe.server import StandIn

__all__ = ["Account", "StandIn"]
