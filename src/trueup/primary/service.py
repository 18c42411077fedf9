"""
A service outside: how a request to it is written, and what may be asked of it twice.

Kinds differ in three things: how the key is shown, how a body is written, and whether a request
that is sent again is made once. Stripe keeps an idempotency key for at least 24 hours (its
documentation, "Idempotent requests"); PUT and DELETE may be repeated anywhere (RFC 9110, 9.2.2).
"""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from urllib.parse import urlencode

import httpx
from msgspec import Struct

from trueup.readers.storage.signature import signed

METHODS = ("POST", "PUT", "PATCH", "DELETE")

REPEATABLE = frozenset({"PUT", "DELETE"})

REMEMBERED = timedelta(hours=23)
"""How long a service that knows idempotency keys is trusted to remember one."""

STRIPE = "https://api.stripe.com"


class Kind(StrEnum):
    """The services that can be called."""

    HTTP = "http"
    STRIPE = "stripe"
    SUPABASE_STORAGE = "supabase_storage"
    S3 = "s3"


class Service(Struct, frozen=True, kw_only=True):
    """
    A service of an environment: where it is, and the key that opens it, which is never printed.

    `idempotent` says that an HTTP service makes a request with a known Idempotency-Key once.
    `user` is S3's access key id, `region` its region.
    """

    name: str
    kind: Kind
    url: str
    key: str = ""
    user: str = ""
    region: str = ""
    idempotent: bool = False

    def __repr__(self) -> str:
        return f"Service({self.name!r}, {self.kind}, {self.url!r})"

    def may_repeat(self, method: str) -> bool:
        """Whether a request that may have arrived can be sent again and is made once."""
        return method in REPEATABLE or self.kind is Kind.STRIPE or self.idempotent

    def request(
        self, method: str, path: str, body: Mapping[str, object] | None, idempotency_key: str
    ) -> httpx.Request:
        """
        The request, with its key.

        Raises ConfigError where a library for it is missing, and InvalidURL for a path with dots
        between its slashes: they would be followed, to what the plan does not show.
        """
        if not {".", ".."}.isdisjoint(path.partition("?")[0].split("/")):
            raise httpx.InvalidURL("the path has dots between its slashes")
        if self.kind is Kind.STRIPE:
            return self._form(method, path, body, idempotency_key)
        if self.kind is Kind.S3:
            return self._signed(method, path)
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        if self.kind is Kind.SUPABASE_STORAGE:
            headers["apikey"] = self.key
        else:
            headers["Idempotency-Key"] = idempotency_key
        return httpx.Request(method, self.url + path, headers=headers, json=body)

    def _form(
        self, method: str, path: str, body: Mapping[str, object] | None, idempotency_key: str
    ) -> httpx.Request:
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": idempotency_key}
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        content = urlencode(list(_flat(body or {})))
        return httpx.Request(method, self.url + path, headers=headers, content=content)

    def _signed(self, method: str, path: str) -> httpx.Request:
        url = self.url + path
        headers = signed(method, url, user=self.user, secret=self.key, region=self.region)
        return httpx.Request(method, url, headers=headers)


def _flat(body: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Stripe's form: `metadata[user_id]`, `items[0][price]`, booleans in lower case."""
    for name, value in body.items():
        label = f"{prefix}[{name}]" if prefix else str(name)
        if isinstance(value, Mapping):
            yield from _flat(value, label)
        elif isinstance(value, list | tuple):
            yield from _flat({str(place): one for place, one in enumerate(value)}, label)
        elif value is None:
            yield label, ""
        else:
            yield label, json.dumps(value) if isinstance(value, bool) else str(value)
