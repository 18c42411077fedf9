"""The one way to Stripe: GET and nothing else, paced, with patience, and not for ever."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import stripe

from trueup.errors import GuardError, StripeError
from trueup.http_client import http_client
from trueup.readers.stripe.pace import Pace

ATTEMPTS = 6
TIMEOUT = 30.0
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 20.0

BUSY = 429
OURS = frozenset({"accept", "authorization", "stripe-version", "user-agent"})
"""Headers that go out; what the SDK tells of the machine that it runs on does not."""


class Transport(stripe.HTTPClient):
    """
    What the SDK asks through; several threads may use it at once.

    `budget` is how many seconds all asking and waiting may take in this process. What comes after
    that, or after six attempts, raises StripeError: the SDK itself never tries again.
    """

    name = "trueup"

    def __init__(
        self, pace: Pace, budget: float, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        super().__init__()
        self._client = http_client(TIMEOUT)
        self._pace = pace
        self._budget = budget
        self._asking = 0
        self._since = 0.0
        self._spent = 0.0
        self._sleep = sleep
        self._lock = threading.Lock()
        self.clock: datetime | None = None
        """What Stripe's clock said last."""

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Ask, again where that may help; raises GuardError for anything but a question."""
        if method.upper() != "GET" or post_data:
            raise GuardError(
                f"refused to {method.upper()} {urlsplit(url).path}: an invariant only reads Stripe"
            )
        with self._counted():
            return self._asked(url, headers or {})

    def close(self) -> None:
        """Let the connections go."""
        self._client.close()

    def _asked(self, url: str, headers: Mapping[str, str]) -> tuple[str, int, Mapping[str, str]]:
        kept = {name: value for name, value in headers.items() if name.lower() in OURS}
        endpoint = _endpoint(url)
        trouble = ""
        for attempt in range(1, ATTEMPTS + 1):
            self._wait(self._pace.slot(endpoint))
            response, trouble = self._once(url, kept)
            if response is not None and not _again(response):
                return response.text, response.status_code, dict(response.headers)
            pause = _pause(attempt, response)
            if response is not None and response.status_code == BUSY:
                self._pace.hold(endpoint, pause)
            elif attempt < ATTEMPTS:
                self._wait(pause)
        raise StripeError(f"Stripe did not answer {endpoint} in {ATTEMPTS} attempts: {trouble}")

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """Count the time while anybody asks or waits, once however many do."""
        with self._lock:
            self._since = self._since if self._asking else time.monotonic()
            self._asking += 1
        try:
            yield
        finally:
            with self._lock:
                self._asking -= 1
                if not self._asking:
                    self._spent += time.monotonic() - self._since

    def _once(self, url: str, headers: Mapping[str, str]) -> tuple[httpx.Response | None, str]:
        try:
            response = self._client.get(url, headers=headers)
        except httpx.HTTPError as error:
            return None, type(error).__name__
        said = response.headers.get("Date")
        if said:
            self.clock = parsedate_to_datetime(said).astimezone(UTC)
        return response, f"status {response.status_code}"

    def _wait(self, seconds: float) -> None:
        if self._spent + time.monotonic() - self._since + seconds > self._budget:
            raise StripeError(
                f"Stripe was given {self._budget:g} s in this run and they are used up; raise"
                " stripe.budget in trueup.toml, or run it when fewer ask at once"
            )
        if seconds:
            self._sleep(seconds)


def _again(response: httpx.Response) -> bool:
    status = response.status_code
    return status in (409, BUSY) or status >= 500


def _pause(attempt: int, response: httpx.Response | None) -> float:
    """Twice as long each time, with a part left to chance, and no shorter than Stripe asks for."""
    grown = FIRST_PAUSE * (1 << (attempt - 1)) * random.uniform(0.5, 1.0)  # noqa: S311  # no secret
    asked = response.headers.get("Retry-After", "") if response is not None else ""
    return min(LONGEST_PAUSE, max(grown, float(asked) if asked.isdigit() else 0.0))


def _endpoint(url: str) -> str:
    """Stripe counts by endpoint: the path, with an id left out."""
    parts = [part for part in urlsplit(url).path.split("/") if part]
    return "/" + "/".join(":id" if _is_id(part) else part for part in parts)


def _is_id(part: str) -> bool:
    return "_" in part and any(c.isdigit() or c.isupper() for c in part)
