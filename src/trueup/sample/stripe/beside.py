"""
A system's Stripe account, as its folder's stripe.py knows it.

`follow(connection, account)` puts into the account what the database's own events say that Stripe
has told; `deliver(connection, event)` does what the application's webhook does with an event.
"""

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from trueup.sample import CLOCK
from trueup.sample.beside import Beside, Connection
from trueup.sample.faults import Fault
from trueup.sample.stripe import account as accounts
from trueup.sample.stripe.account import Account
from trueup.sample.stripe.objects import Object
from trueup.sample.stripe.server import StandIn

Follow = Callable[[Connection, Account], None]
Deliver = Callable[[Connection, Object], None]


class StripeBeside(Beside[Account]):
    """The account, and the stand-in that answers for it."""

    script: ClassVar[str] = "stripe.py"

    def sound(self, made_for: int | None) -> Account:
        account = Account(CLOCK, made_for=made_for)
        self._follow(account)
        return account

    def read(self, file: Path) -> Account:
        return accounts.read(file)

    def broken(self, kept: Account, fault: Fault) -> None:
        self._follow(kept)
        if fault.stripe is not None:
            fault.stripe(kept)

    def stand_in(self) -> StandIn:
        """To be used in a with block; what is delivered again arrives at the system's webhook."""
        deliver: Deliver = self.needed("deliver")

        def delivered(event: Object) -> None:
            with self.connect() as connection:
                deliver(connection, event)

        return StandIn(self.file, delivered=delivered)

    def _follow(self, account: Account) -> None:
        follow: Follow = self.needed("follow")
        with self.connect() as connection:
            follow(connection, account)
