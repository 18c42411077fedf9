"""Asking an address: what it answered, and how long that took; GET and OPTIONS, no credentials."""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from trueup.errors import NotApplicable, ProbeError

TIMEOUT = 10.0
ATTEMPTS = 3
PAUSE = 1.0
LARGEST = 8_000_000
"""Bytes of one answer that are read; a script larger than that is no page's."""

AGENT = {"User-Agent": "trueup"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What an address answered; `url` is where it came from in the end."""

    url: str
    status: int
    headers: Mapping[str, str]
    text: str
    seconds: float

    def json(self) -> Mapping[str, Any]:
        """The answer as an object; an empty one where it is none."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class Http:
    """
    The addresses of an environment, by name.

    A connection that cannot be made is tried three times: one lost packet is no outage. Raises
    NotApplicable for a name that the environment does not have, ProbeError where nobody answers.
    """

    def __init__(self, addresses: Mapping[str, str], timeout: float = TIMEOUT) -> None:
        self._addresses = addresses
        self._timeout = timeout
        self._client: httpx.Client | None = None
        self._lock = threading.Lock()

    def address(self, name: str) -> str:
        """The address of that name, without a slash at its end."""
        if name not in self._addresses:
            raise NotApplicable(f"this environment names no address {name!r}")
        return self._addresses[name].rstrip("/")

    def get(self, name: str, path: str = "/", **headers: str) -> Answer:
        """Ask for what is at a path of an address."""
        return self._asked("GET", self.address(name) + path, headers)

    def fetch(self, url: str) -> Answer:
        """Ask for what is at a URL that a page names."""
        return self._asked("GET", url, {})

    def preflight(self, name: str, path: str, origin: str, method: str = "POST") -> Answer:
        """Ask, as a browser does before a request, whether a page of that origin may make it."""
        headers = {"Origin": origin, "Access-Control-Request-Method": method}
        return self._asked("OPTIONS", self.address(name) + path, headers)

    def close(self) -> None:
        """Let the connections go."""
        if self._client is not None:
            self._client.close()

    def _asked(self, method: str, url: str, headers: Mapping[str, str]) -> Answer:
        trouble = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(PAUSE)
            try:
                return self._once(method, url, headers)
            except httpx.TimeoutException:
                trouble = f"no answer within {self._timeout:g} s"
            except httpx.HTTPError as error:
                trouble = type(error).__name__
        raise ProbeError(f"{url} does not answer: {trouble}, {ATTEMPTS} times")

    def _once(self, method: str, url: str, headers: Mapping[str, str]) -> Answer:
        started = time.perf_counter()
        with self._opened().stream(method, url, headers={**AGENT, **headers}) as response:
            body = b""
            for part in response.iter_bytes():
                body += part
                if len(body) > LARGEST:
                    break
        return Answer(
            url=str(response.url),
            status=response.status_code,
            headers=dict(response.headers),
            text=body.decode(response.encoding or "utf-8", errors="replace"),
            seconds=time.perf_counter() - started,
        )

    def _opened(self) -> httpx.Client:
        with self._lock:
            if self._client is None:
                self._client = httpx.Client(timeout=self._timeout, follow_redirects=True)
            return self._client
