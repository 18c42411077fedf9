"""
A system's site, as its folder's site.py knows it.

`build(site)` says what the addresses answer when the system is sound; `receive(connection, site,
request)`, where there is one, what the application does with a request that changes something. A
`receive` with a fourth parameter, `account`, is given the system's Stripe account too.
"""

from collections.abc import Callable
from inspect import signature
from pathlib import Path
from typing import ClassVar

from trueup.sample.beside import Beside
from trueup.sample.faults import Fault
from trueup.sample.site import site as sites
from trueup.sample.site.request import Reply, Request
from trueup.sample.site.server import Served
from trueup.sample.site.site import Site
from trueup.sample.stripe.beside import StripeBeside

Build = Callable[[Site], None]
Received = Callable[..., Reply | None]


class SiteBeside(Beside[Site]):
    """The site, and the servers that answer for it."""

    script: ClassVar[str] = "site.py"

    def sound(self, made_for: int | None) -> Site:
        site = Site(made_for=made_for)
        build: Build = self.needed("build")
        build(site)
        return site

    def read(self, file: Path) -> Site:
        return sites.read(file)

    def broken(self, kept: Site, fault: Fault) -> None:
        if fault.site is not None:
            fault.site(kept)

    def served(self) -> Served:
        """To be used in a with block; what changes something reaches the application."""
        received: Received | None = self.known("receive")
        if received is None:
            return Served(self.file)
        stripe = StripeBeside(self.cluster, self.folder)
        wants_account = "account" in signature(received).parameters

        def receive(site: Site, request: Request) -> Reply | None:
            more = {"account": stripe.read(stripe.file)} if wants_account else {}
            with self.connect() as connection:
                return received(connection, site, request, **more)

        return Served(self.file, receive)
