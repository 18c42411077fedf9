"""What is outside of a system of the sample, standing: its Stripe account, and its site."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from msgspec import Struct, convert

from trueup.config import ServiceConfig
from trueup.readers.http.address import Address
from trueup.readers.storage.bucket import Bucket
from trueup.readers.stripe.account import StripeAccount
from trueup.sample import systems
from trueup.sample.cluster import Cluster
from trueup.sample.site.keys import SECRETS
from trueup.sample.site.keys import WRITER as SITE_WRITER
from trueup.sample.site.server import Served
from trueup.sample.site.site import S3
from trueup.sample.stripe.server import READER, WRITER

STRIPE = "stripe"

SOURCE = "the sample's Stripe key"


class Outside(Struct, frozen=True, kw_only=True):
    """
    What invariants read there, and which services fixes may call.

    `given` has the values of the variables that the services name.
    """

    stripe: StripeAccount | None
    addresses: Mapping[str, Address]
    storage: Mapping[str, Bucket]
    services: Mapping[str, ServiceConfig]
    given: Mapping[str, str]


@contextmanager
def outside(cluster: Cluster, folder: Path) -> Iterator[Outside]:
    """What the system of this folder has, for as long as the block lasts."""
    with ExitStack() as held:
        stand_in, site = systems.stripe(cluster, folder), systems.site(cluster, folder)
        url = held.enter_context(stand_in).url if stand_in else ""
        served = held.enter_context(site) if site else None
        called = [*_stripe(url), *_services(served)]
        yield Outside(
            stripe=StripeAccount(secret=READER, source=SOURCE, live=False, url=url)
            if url
            else None,
            addresses=served.addresses if served else {},
            storage=served.buckets if served else {},
            services={name: _config(name, said) for name, said in called},
            given={
                _variable(name, key): value
                for name, said in called
                for key, value in said.items()
                if key in ("url", "key", "user")
            },
        )


Said = Mapping[str, str]


def _stripe(url: str) -> Iterator[tuple[str, Said]]:
    if url:
        yield STRIPE, {"kind": STRIPE, "url": url, "key": WRITER}


def _services(served: Served | None) -> Iterator[tuple[str, Said]]:
    """The site's services, each with the key that may write."""
    if served is None:
        return
    for name, service in served.site.services.items():
        kind, url = service["kind"], served.urls[service["address"]]
        keys = {"key": SECRETS[SITE_WRITER], "user": SITE_WRITER}
        yield name, {"kind": kind, "url": url, **(keys if kind == S3 else {"key": SITE_WRITER})}


def _config(name: str, said: Said) -> ServiceConfig:
    named = {key: _variable(name, key) for key in said if key != "kind"}
    return convert({"kind": said["kind"], **named}, ServiceConfig)


def _variable(name: str, key: str) -> str:
    return f"SAMPLE_{name}_{key}".upper()
