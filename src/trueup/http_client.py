"""HTTP clients, which all trust the same certificates."""

import ssl
from collections.abc import Mapping
from functools import cache

import httpx


def http_client(timeout: float, headers: Mapping[str, str] | None = None) -> httpx.Client:
    """A client that follows no redirect by itself; `timeout` is in seconds, of each step."""
    return httpx.Client(
        timeout=timeout, headers=headers, follow_redirects=False, verify=_certificates()
    )


@cache
def _certificates() -> ssl.SSLContext:
    """Read once: there are hundreds, and a client by itself takes longer for them than to ask."""
    return httpx.create_ssl_context()
