"""Sending one request outside: again where that is safe, and no longer than anybody would wait."""

import random
from collections.abc import Callable

import httpx
from msgspec import Struct

from trueup.primary.service import Service

ATTEMPTS = 4
TIMEOUT = 30.0
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0

BUSY = frozenset({425, 429})
"""Answers that say that nothing was done, and to come again."""

IN_FLIGHT = "idempotency_key_in_use"
"""What Stripe says, with 409, while it is still at work on the same request."""

GONE = frozenset({404, 410})

REFERENCE = 200
"""Characters of what a service calls the thing it made."""

Pause = Callable[[float], None]


class Answer(Struct, frozen=True):
    """
    What came of a request: done, or why not.

    `known` is False where nobody can say whether it was made. `reference` is what the service calls
    the thing that it made, where it says so.
    """

    done: bool
    status: int | None
    detail: str = ""
    reference: str = ""
    known: bool = True


def send(client: httpx.Client, service: Service, request: httpx.Request, pause: Pause) -> Answer:
    """Send it, and again after a pause while that is safe and may help."""
    repeatable = service.may_repeat(request.method)
    answer, again, after = _once(client, request, repeatable=repeatable)
    for attempt in range(1, ATTEMPTS):
        if not again:
            break
        pause(_pause(attempt, after))
        answer, again, after = _once(client, request, repeatable=repeatable)
    return answer


def _once(
    client: httpx.Client, request: httpx.Request, *, repeatable: bool
) -> tuple[Answer, bool, float]:
    """One attempt: its answer, whether another may help, and how long to wait at least."""
    try:
        response = client.send(request)
    except (httpx.ConnectError, httpx.ConnectTimeout):
        return Answer(done=False, status=None, detail="the service cannot be reached"), True, 0.0
    except httpx.HTTPError as error:
        detail = f"no answer ({type(error).__name__})"
        return Answer(done=False, status=None, detail=detail, known=False), repeatable, 0.0
    status = response.status_code
    if response.is_success or (status in GONE and request.method == "DELETE"):
        return Answer(done=True, status=status, reference=_reference(response)), False, 0.0
    if status in BUSY or _code(response) == IN_FLIGHT:
        return Answer(done=False, status=status, detail="is busy"), True, _after(response)
    unsure = response.is_server_error
    answer = Answer(done=False, status=status, detail=_refused(response), known=not unsure)
    return answer, unsure and repeatable, 0.0


def _pause(attempt: int, at_least: float) -> float:
    """Twice as long each time, with a part left to chance, so that many do not come at once."""
    grown = FIRST_PAUSE * (1 << (attempt - 1))
    return min(LONGEST_PAUSE, max(at_least, grown * random.uniform(0.5, 1.0)))  # noqa: S311  # no secret


def _after(response: httpx.Response) -> float:
    text: str = response.headers.get("Retry-After", "")
    return float(int(text)) if text.isdigit() else 0.0


def _refused(response: httpx.Response) -> str:
    """Why, by a word that a machine chose; what a service says in prose may name people."""
    code = _code(response)
    return f"refused it ({code})" if code else "refused it"


def _code(response: httpx.Response) -> str:
    return _field(response, "error", "code") or _field(response, "code")


def _reference(response: httpx.Response) -> str:
    return _field(response, "id")


def _field(response: httpx.Response, *names: str) -> str:
    try:
        found = response.json()
    except ValueError:
        return ""
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, str) and len(found) <= REFERENCE else ""
