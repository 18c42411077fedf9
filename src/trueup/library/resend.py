"""
Resend: whether e-mails arrive, and whether the domain may send them.

The shapes are those of its API reference, "List Sent Emails", "List Domains" and "Pagination".
Nothing of an e-mail is kept but its id, when it was sent, and what became of it.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Unpack

from trueup.errors import ProbeError
from trueup.library.declare import Options, declared
from trueup.library.said import said as named
from trueup.library.shares import LEAST, below
from trueup.model.invariant import HTTP, Invariant, Row

if TYPE_CHECKING:
    from trueup.readers.http.probe import Http

PAGE = 100

PAGES = 200
"""Pages that are read before it is too much to judge."""

ARRIVED = frozenset({"delivered", "opened", "clicked"})

FAILED = frozenset({"bounced", "complained", "failed", "suppressed"})
"""What became of an e-mail in the end, by its webhooks' "Event Types"; others are on their way."""


def e_mails_are_delivered(
    address: str = "resend",
    *,
    percent: float = 95,
    days: float = 1,
    least: int = LEAST,
    **said: Unpack[Options],
) -> Invariant:
    """
    Of the last days' e-mails that came to their end, so many percent arrived.

    One that bounced, was suppressed, could not be sent or was called spam did not.
    """

    def ask(http: "Http", now: datetime) -> Iterator[Row]:
        since = now - timedelta(days=days)
        events = [event for at, event in _emails(http, address, since) if since <= at <= now]
        arrived = sum(1 for event in events if event in ARRIVED)
        ended = arrived + sum(1 for event in events if event in FAILED)
        yield from below("e-mails", arrived, ended, percent, least)

    return declared(
        ask,
        {
            "severity": "P1",
            "fix": "look_into_deliveries",
            "harm": "Confirmations and invitations never arrive, and nobody can say so.",
        },
        said,
        over={"probes": f"{HTTP}{address}"},
        show=["of"],
    )


def the_sending_domain_is_verified(address: str = "resend", **said: Unpack[Options]) -> Invariant:
    """Resend knows the domain that the settings name as `resend.domain`, and may send for it."""

    def ask(http: "Http", settings: Mapping[str, Any]) -> Iterator[Row]:
        wanted = str(named(settings, "resend", "domain")).lower()
        known = {str(one.get("name")).lower(): one for one in _paged(http, address, "/domains")}
        status = known[wanted].get("status") if wanted in known else "not there"
        if status != "verified":
            yield {"domain": wanted, "status": status}

    return declared(
        ask,
        {
            "severity": "P1",
            "fix": "verify_sending_domain",
            "harm": "No e-mail is sent at all, or all of it is taken for spam.",
        },
        said,
        over={"probes": f"{HTTP}{address}"},
        show=["domain", "status"],
    )


def _emails(http: "Http", address: str, since: datetime) -> Iterator[tuple[datetime, str]]:
    """When each e-mail was made and what became of it, the newest first, until that instant."""
    for one in _paged(http, address, "/emails"):
        try:
            at = datetime.fromisoformat(str(one["created_at"]))
        except (KeyError, ValueError):
            raise ProbeError("an e-mail has no time in created_at; has the API changed?") from None
        if at < since:
            return
        yield at, str(one.get("last_event"))


def _paged(http: "Http", address: str, path: str) -> Iterator[Mapping[str, Any]]:
    """A whole list; raises ProbeError where it has no end."""
    after: dict[str, str] = {}
    for _ in range(PAGES):
        answer = http.ask(address, path, {"limit": PAGE, **after})
        found = answer.said("data", list)
        yield from found
        if not found or not answer.json().get("has_more"):
            return
        after = {"after": str(found[-1]["id"])}
    raise ProbeError(f"Resend has more than {PAGE * PAGES:,} of {path}; ask about fewer days")
