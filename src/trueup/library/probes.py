"""Services as their users meet them: healthy, fast, open to our own pages, and without secrets."""

import base64
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Unpack
from urllib.parse import urljoin, urlsplit

from trueup.errors import NotApplicable, ProbeError
from trueup.library.declare import Options, declared
from trueup.model.invariant import HTTP, Invariant, Row

if TYPE_CHECKING:
    from trueup.readers.http.answer import Answer
    from trueup.readers.http.probe import Http

MAINTENANCE = 503

SECRETS = {
    "Stripe secret key": re.compile(r"\b[sr]k_live_[A-Za-z0-9]{8,}"),
    "Stripe webhook secret": re.compile(r"\bwhsec_[A-Za-z0-9+/=]{8,}"),
    "database URL with a password": re.compile(r"\bpostgres(?:ql)?://[^\s:/@\"']+:[^\s@\"']+@"),
    "private key": re.compile(r"-----BEGIN (?:RSA |EC )?PRIVATE KEY-----"),
    "Supabase secret key": re.compile(r"\bsb_secret_[A-Za-z0-9_-]{8,}"),
    "Supabase access token": re.compile(r"\bsbp_(?:[a-z0-9]+_)?[0-9a-f]{32,}"),
    "OpenAI key": re.compile(r"\bsk-(?:proj-)?[A-Za-z0-9_-]{20,}"),
}
"""What no browser needs, by its name; what a match holds is never kept."""

TOKEN = re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.(eyJ[A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+")

SCRIPT = re.compile(
    r"""<script[^>]+src\s*=\s*["']?([^"'\s>]+)"""
    r"""|<link[^>]+href\s*=\s*["']?([^"'\s>]+\.m?js(?:\?[^"'\s>]*)?)(?=["'\s>])""",
    re.IGNORECASE,
)
"""A script, or one that the page has loaded ahead; what makes a page small takes its quotes off."""

SCRIPTS = 200
"""Scripts that are read, of all pages together."""

GONE = (404, 410)


def the_service_is_healthy(
    address: str,
    path: str = "/health",
    *,
    expect: Mapping[str, object],
    fresh: str = "",
    within: timedelta = timedelta(minutes=5),
    **said: Unpack[Options],
) -> Invariant:
    """
    The service answers 200, and its body says what is expected.

    `fresh` names a time in the body, which must be less than `within` away. A 503 that says when to
    come again is maintenance: then this does not apply.
    """

    def ask(http: "Http", now: datetime) -> Iterator[Row]:
        answer = http.get(address, path)
        _require_no_maintenance(answer)
        trouble = _unhealthy(answer, expect) or _stale(answer, fresh, now, within)
        if trouble:
            url = http.address(address) + path
            yield {"address": address, "url": url, "status": answer.status, "trouble": trouble}

    return declared(
        ask,
        {
            "severity": "P0",
            "fix": "look_into_outage",
            "harm": "Nobody can use it.",
        },
        said,
        over={"probes": f"{HTTP}{address}"},
        show=["address", "url", "trouble"],
    )


def responses_are_fast(
    address: str,
    path: str = "/health",
    *,
    seconds: float,
    percent: int = 95,
    probes: int = 20,
    **said: Unpack[Options],
) -> Invariant:
    """Of so many questions one after the other, so many percent are answered within so long."""

    def ask(http: "Http") -> Iterator[Row]:
        answers = [http.get(address, path) for _ in range(probes)]
        _require_no_maintenance(answers[-1])
        took = sorted(answer.seconds for answer in answers)
        slow = took[math.ceil(len(took) * percent / 100) - 1]
        if slow > seconds:
            yield {
                "address": address,
                "url": http.address(address) + path,
                "percentile": percent,
                "seconds": round(slow, 3),
                "allowed": seconds,
            }

    return declared(
        ask,
        {
            "severity": "P2",
            "fix": "look_into_slowness",
            "harm": "Every page waits for it, and visitors leave.",
        },
        said,
        over={"probes": f"{HTTP}{address}"},
        show=["address", "url"],
    )


def every_path_answers(
    address: str, paths: Mapping[str, Sequence[int]], **said: Unpack[Options]
) -> Invariant:
    """Each path answers with one of its statuses; 401 may well be what is right for a visitor."""

    def ask(http: "Http") -> Iterator[Row]:
        for path, statuses in paths.items():
            answer = http.get(address, path)
            if answer.status not in statuses:
                _require_no_maintenance(answer)
                wanted = ", ".join(map(str, statuses))
                yield {"path": path, "status": answer.status, "trouble": f"not {wanted}"}

    return declared(
        ask,
        {
            "severity": "P0",
            "fix": "look_into_outage",
            "harm": "A part of the service is off.",
        },
        said,
        over={"probes": f"{HTTP}{address}"},
        show=["path", "trouble"],
    )


def no_path_is_switched_off(
    address: str, paths: Sequence[str], **said: Unpack[Options]
) -> Invariant:
    """No path answers 503, whatever else is right for it: a switch turns a part off so."""

    def ask(http: "Http") -> Iterator[Row]:
        for path in paths:
            answer = http.get(address, path)
            _require_no_maintenance(answer)
            if answer.status == MAINTENANCE:
                yield {"path": path, "status": answer.status, "trouble": "switched off"}

    return declared(
        ask,
        {
            "severity": "P1",
            "fix": "look_into_outage",
            "harm": "A part of the service is off, and its users are told to come again.",
        },
        said,
        over={"probes": f"{HTTP}{address}"},
        show=["path", "trouble"],
    )


def the_api_allows_our_pages(
    address: str, origin: str, path: str = "/", **said: Unpack[Options]
) -> Invariant:
    """The API lets pages of the address `origin` ask it, and not pages of just anybody."""

    def ask(http: "Http") -> Iterator[Row]:
        ours = http.address(origin)
        allowed = http.preflight(address, path, ours).headers.get("access-control-allow-origin")
        if allowed not in (ours, "*"):
            yield {
                "pages": "ours",
                "origin": ours,
                "allowed": allowed or "none",
                "trouble": "our pages are refused",
            }
        stranger = "https://trueup.invalid"
        answer = http.preflight(address, path, stranger)
        credentialed = answer.headers.get("access-control-allow-credentials") == "true"
        if credentialed and answer.headers.get("access-control-allow-origin") == stranger:
            yield {
                "pages": "a stranger's",
                "origin": stranger,
                "allowed": stranger,
                "trouble": "any page may ask with a user's cookies",
            }

    return declared(
        ask,
        {
            "severity": "P1",
            "fix": "allow_origin",
            "harm": "The site's own pages cannot reach the API, or anybody's can.",
        },
        said,
        over={"probes": f"{HTTP}{address}"},
        show=["pages", "origin", "allowed", "trouble"],
    )


def no_secret_is_served_to_browsers(
    address: str, paths: Sequence[str] = ("/",), **said: Unpack[Options]
) -> Invariant:
    """
    No page, and no script of its own that it loads, holds a secret of the server.

    A Supabase token is one where its role is service_role; the public one is meant to be there. The
    secret itself is never shown. A page that cannot be read, or not with all its scripts, tells
    nothing; one of errors that loads scripts is a page.
    """

    def ask(http: "Http") -> Iterator[Row]:
        found = False
        unread: ProbeError | None = None
        for answer in _served(http, address, paths):
            if isinstance(answer, ProbeError):
                unread = answer
                continue
            for row in _secrets(answer):
                found = True
                yield row
        if unread is not None and not found:
            raise unread

    return declared(
        ask,
        {
            "severity": "P0",
            "fix": "roll_secret",
            "harm": "Whoever opens the page holds the server's key.",
        },
        said,
        over={"probes": f"{HTTP}{address}"},
        key=["where", "secret"],
        show=["where", "secret"],
    )


def _require_no_maintenance(answer: "Answer") -> None:
    later = answer.headers.get("retry-after") or answer.json().get("retryAfter")
    if answer.status == MAINTENANCE and later is not None:
        raise NotApplicable(f"the service says that it is in maintenance; come again in {later}")


def _unhealthy(answer: "Answer", expect: Mapping[str, object]) -> str:
    if answer.status != 200:
        return f"status {answer.status}"
    said = answer.json()
    wrong = [name for name, value in expect.items() if said.get(name) != value]
    return f"its answer has not the expected {', '.join(wrong)}" if wrong else ""


def _stale(answer: "Answer", fresh: str, now: datetime, within: timedelta) -> str:
    if not fresh:
        return ""
    try:
        found = datetime.fromisoformat(str(answer.json().get(fresh)))
    except ValueError:
        return f"its answer has no time in {fresh}"
    known = found if found.tzinfo else found.replace(tzinfo=UTC)
    return "" if abs(now - known) <= within else f"its {fresh} is {abs(now - known)} off"


def _served(http: "Http", address: str, paths: Sequence[str]) -> Iterator["Answer | ProbeError"]:
    """The pages and their scripts as a browser gets them, and why one could not be read."""
    seen: dict[str, None] = {}
    for path in paths:
        page = http.get(address, path)
        _require_no_maintenance(page)
        yield page
        scripts = dict.fromkeys(_scripts(page))
        if page.status != 200 and not scripts:
            yield ProbeError(f"{page.url} answered {page.status}, and no page to be read")
        seen |= scripts
    if len(seen) > SCRIPTS:
        yield ProbeError(f"{http.address(address)} has more than {SCRIPTS} scripts to be read")
    for url in list(seen)[:SCRIPTS]:
        yield _script(http, url)


def _script(http: "Http", url: str) -> "Answer | ProbeError":
    """A script, or why it could not be read; one that is gone is served to nobody."""
    try:
        script = http.fetch(url)
    except ProbeError as error:
        return error
    if script.status in (200, *GONE):
        return script
    return ProbeError(f"{script.url} answered {script.status}, and no script to be read")


def _scripts(page: "Answer") -> Iterator[str]:
    """The page's own scripts; those of others are theirs to look after."""
    for script, loaded in SCRIPT.findall(page.text):
        url = urljoin(page.url, script or loaded)
        if urlsplit(url).netloc == urlsplit(page.url).netloc:
            yield url


def _secrets(answer: "Answer") -> Iterator[Row]:
    where = urlsplit(answer.url).path or "/"
    for name, pattern in SECRETS.items():
        if pattern.search(answer.text):
            yield {"where": where, "secret": name}
    if any(_role(found) == "service_role" for found in TOKEN.findall(answer.text)):
        yield {"where": where, "secret": "Supabase service role key"}


def _role(payload: str) -> Any:
    """The role that a token's payload names; None where it cannot be read."""
    try:
        found = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except ValueError:
        return None
    return found.get("role") if isinstance(found, dict) else None
