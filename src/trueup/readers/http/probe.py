"""Asking an address: what it answered, and how long that took; GET and OPTIONS, nothing else."""

import threading
from collections.abc import Mapping, Sequence
from copy import copy
from time import perf_counter, sleep
from typing import Literal
from urllib.parse import urlsplit

import httpx

from trueup.errors import NotApplicable, ProbeError
from trueup.http_client import http_client
from trueup.readers.http.address import Address
from trueup.readers.http.answer import Answer

TIMEOUT = 10.0
ATTEMPTS = 3
PAUSE = 1.0
LARGEST = 8_000_000
"""Bytes of one answer that are read; what is larger is no page's, and no answer of an API."""

REDIRECTS = 5

BUSY = 429

LONGEST = 20.0
"""Seconds that a service may ask us to wait before it is asked again."""

HELD = 20.0
"""Seconds that an invariant may wait for addresses while its transaction is open."""

AGENT = {"User-Agent": "trueup"}

_TOO_OFTEN = "says that it is asked too often (429)"

Method = Literal["GET", "OPTIONS"]
"""Whatever is sent is one of these: they ask, and nothing else."""

Params = Mapping[str, str | int | Sequence[str]]


class Http:
    """
    The addresses of an environment, by name.

    A connection that cannot be made is tried three times: one lost packet is no outage. An
    address's key is sent to that address alone, also where it sends us elsewhere. Raises
    NotApplicable for a name that the environment does not have, or whose key is not set, and
    ProbeError where nobody answers.
    """

    def __init__(self, addresses: Mapping[str, Address], timeout: float = TIMEOUT) -> None:
        self._addresses = addresses
        self._timeout = timeout
        self._left = float("inf")
        self._client: httpx.Client | None = None
        self._lock = threading.Lock()

    def address(self, name: str) -> str:
        """The URL of that name, without a slash at its end."""
        return self._known(name).url

    def get(self, name: str, path: str = "/", **headers: str) -> Answer:
        """Ask for what is at a path of an address; any status is an answer."""
        known = self._known(name)
        return self._asked("GET", known.url + path, headers, known)

    def ask(self, name: str, path: str, params: Params | None = None) -> Answer:
        """
        Ask an API, which answers 200 or tells nothing.

        One that has had too much is asked again when it says, where that is soon. Raises
        ProbeError for every other status, with what to do about it.
        """
        known = self._known(name)
        url = str(httpx.URL(known.url + path, params=params or {}))
        answer = self._asked("GET", url, {}, known)
        if answer.status == BUSY:
            self._rest(known, answer)
            answer = self._asked("GET", url, {}, known)
        if answer.status != 200:
            raise ProbeError(f"{known.url}{path} {_refusal(known, answer.status)}")
        return answer

    def fetch(self, url: str) -> Answer:
        """Ask for what is at a URL that a page names."""
        return self._asked("GET", url, {}, None)

    def preflight(self, name: str, path: str, origin: str, method: str = "POST") -> Answer:
        """Ask, as a browser does before a request, whether a page of that origin may make it."""
        headers = {"Origin": origin, "Access-Control-Request-Method": method}
        return self._asked("OPTIONS", self.address(name) + path, headers, None)

    def within(self, seconds: float) -> "Http":
        """The same, for whoever may wait no longer than that in all."""
        self._opened()
        hurried = copy(self)
        hurried._left = seconds  # it is one of us
        return hurried

    def close(self) -> None:
        """Let the connections go."""
        if self._client is not None:
            self._client.close()

    def _known(self, name: str) -> Address:
        if name not in self._addresses:
            raise NotApplicable(f"this environment names no address {name!r}")
        known = self._addresses[name]
        if known.variable and not known.key:
            raise NotApplicable(
                f"the variable {known.variable} is not set; it has the key of the address {name!r}"
            )
        return known

    def _rest(self, known: Address, answer: Answer) -> None:
        """Wait as long as the service says; raises ProbeError where that is too long."""
        said = answer.headers.get("retry-after", "")
        seconds = float(said) if said.isdigit() else PAUSE
        if seconds > min(LONGEST, self._left):
            raise ProbeError(f"{known.url} {_TOO_OFTEN}; it says to come again in {seconds:g} s")
        self._pause(seconds)

    def _pause(self, seconds: float) -> None:
        sleep(seconds)
        self._left -= seconds

    def _asked(
        self, method: Method, url: str, headers: Mapping[str, str], known: Address | None
    ) -> Answer:
        trouble, where = "", url.partition("?")[0]
        for attempt in range(ATTEMPTS):
            if attempt:
                self._pause(PAUSE)
            if self._left <= 0:
                raise ProbeError(f"{where} was not asked: {trouble or 'there was no time left'}")
            started, timeout = perf_counter(), min(self._timeout, self._left)
            try:
                return self._once(method, url, headers, known)
            except httpx.TimeoutException:
                trouble = f"no answer within {timeout:g} s"
            except httpx.HTTPError as error:
                trouble = type(error).__name__
            finally:
                self._left -= perf_counter() - started
        raise ProbeError(f"{where} does not answer: {trouble}, {ATTEMPTS} times")

    def _once(
        self, method: Method, url: str, headers: Mapping[str, str], known: Address | None
    ) -> Answer:
        started = perf_counter()
        client = self._opened()
        request: httpx.Request | None = client.build_request(
            method, url, headers={**AGENT, **headers}, timeout=min(self._timeout, self._left)
        )
        for _ in range(REDIRECTS):
            if request is None:
                break
            _show_key(request, known)
            response = client.send(request, stream=True)
            try:
                if response.next_request is None:
                    return _answer(response, started)
                request = response.next_request
            finally:
                response.close()
        raise httpx.TooManyRedirects("too many redirects")

    def _opened(self) -> httpx.Client:
        with self._lock:
            if self._client is None:
                self._client = http_client(self._timeout)
            return self._client


def _show_key(request: httpx.Request, known: Address | None) -> None:
    """Give the request its key where it goes to the address itself, and take it off elsewhere."""
    if known is None:
        return
    for name, value in known.headers.items():
        request.headers.pop(name, None)
        if _origin(str(request.url)) == _origin(known.url):
            request.headers[name] = value


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _answer(response: httpx.Response, started: float) -> Answer:
    where = str(response.url).partition("?")[0]
    body = b""
    for part in response.iter_bytes():
        body += part
        if len(body) > LARGEST:
            raise ProbeError(
                f"{where} answered with more than {LARGEST:,} bytes; they were not all read"
            )
    return Answer(
        url=str(response.url),
        status=response.status_code,
        headers=dict(response.headers),
        text=body.decode(response.encoding or "utf-8", errors="replace"),
        seconds=perf_counter() - started,
    )


def _refusal(known: Address, status: int) -> str:
    """What a status of an API means for whoever runs this."""
    if status in (401, 403):
        key = f"the key in {known.variable}" if known.variable else "whoever has no key"
        return f"refuses {key} ({status}); see that it is there, valid, and may read this"
    if status == 404:
        return "is not there (404); see that the settings name what is there"
    if status == BUSY:
        return f"{_TOO_OFTEN}; run again later"
    if status >= 500:
        return f"is not well ({status}); run again later"
    return f"answered {status} and not 200; has its API changed?"
