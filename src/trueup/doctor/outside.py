"""Addresses and buckets: whether each answers, and a bucket to its key."""

from collections.abc import Iterator
from contextlib import closing

import httpx

from trueup.doctor.told import Told
from trueup.environment import Environment
from trueup.errors import ProbeError, TrueupError
from trueup.http_client import http_client
from trueup.readers.http.probe import Http
from trueup.readers.storage.bucket import Bucket
from trueup.readers.storage.listing import TIMEOUT, listed

APART = "so what asks it does not apply"


def outside(environment: Environment) -> Iterator[Told]:
    """Ask each address for its first page, and each bucket for the first page of its list."""
    with closing(Http(environment.addresses)) as http:
        for name, address in environment.addresses.items():
            if address.variable and not address.key:
                yield Told(True, f"address {name}: {address.variable} is not set, {APART}")
            else:
                yield _address(http, name)
    with http_client(TIMEOUT) as client:
        for name, bucket in environment.storage.items():
            if bucket.unset:
                yield Told(True, f"storage {name}: {bucket.unset} is not set, {APART}")
            else:
                yield _bucket(client, name, bucket)


def _address(http: Http, name: str) -> Told:
    try:
        answer = http.get(name)
    except ProbeError as error:
        return Told(False, f"address {name}: {error}", "what asks it is unknown")
    return Told(True, f"address {name}: answers ({answer.status})")


def _bucket(client: httpx.Client, name: str, bucket: Bucket) -> Told:
    try:
        next(listed(client, bucket, ""))
    except TrueupError as error:
        return Told(False, f"storage {name}: {error}", "what judges it is unknown")
    return Told(True, f"storage {name}: lists {bucket.bucket}")
