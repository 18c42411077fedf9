"""Telling a service by its secret address: of which no message has more than the host."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx

from trueup.errors import CiError, ConfigError
from trueup.http_client import http_client

ATTEMPTS = 3
TIMEOUT = 10.0

OPEN = ("127.0.0.1", "localhost")
"""Hosts that may be told in the open: nothing of it leaves the machine."""


def send(what: str, url: str, body: Mapping[str, object]) -> str:
    """
    Send JSON to an address that a variable holds, three times at most; gives the host.

    Raises ConfigError for what is no https address, CiError where it is not taken.
    """
    host = urlsplit(url).hostname or ""
    if urlsplit(url).scheme != "https" and host not in OPEN:
        raise ConfigError(f"{what}'s address is not https; it would be told in the open")
    trouble = ""
    with http_client(TIMEOUT) as client:
        for _ in range(ATTEMPTS):
            try:
                answer = client.post(url, json=body)
            except httpx.HTTPError as error:
                trouble = type(error).__name__
                continue
            if answer.is_success:
                return host
            trouble = f"status {answer.status_code}"
    raise CiError(f"{what} at {host} did not take it: {trouble}, {ATTEMPTS} times")
