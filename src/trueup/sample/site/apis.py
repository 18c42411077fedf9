"""
APIs of services outside, as a site answers for them: each in the shape of its documentation.

Each asks for a key, as the service does. What is said replaces what was said before, so that a
system says what is sound and a fault what is not.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import md5
from typing import Any
from uuid import UUID

from trueup.sample.site.site import Site

RESEND_PAGE = 100


def sentry(site: Site, organization: str, *, failed: int, number: int) -> None:
    """So many requests of the last day, of which so many failed."""
    row = {"failure_rate()": failed / number if number else 0.0, "count()": number}
    meta = {"fields": {"failure_rate()": "percentage", "count()": "integer"}, "dataset": "spans"}
    path = f"/api/0/organizations/{organization}/events/"
    _says(site, "sentry", path, {"data": [row], "meta": meta})


def backups(
    site: Site,
    project: str,
    *taken: datetime,
    status: str = "COMPLETED",
    recoverable: datetime | None = None,
) -> None:
    """Backups of a Supabase project, and the newest point in time that it can go back to."""
    found: dict[str, Any] = {
        "region": "eu-central-1",
        "walg_enabled": True,
        "pitr_enabled": recoverable is not None,
        "backups": [
            {"is_physical_backup": True, "status": status, "inserted_at": at.isoformat()}
            for at in taken
        ],
        "physical_backup_data": {},
    }
    if recoverable is not None:
        latest = int(recoverable.timestamp())
        found["physical_backup_data"] = {"latest_physical_backup_date_unix": latest}
    _says(site, "management", f"/v1/projects/{project}/database/backups", found)


def sign_ins(site: Site, project: str, *, succeeded: int, number: int) -> None:
    """What a Supabase project's logs say when they are asked to count attempts to sign in."""
    row = {"succeeded": succeeded, "number": number}
    path = f"/v1/projects/{project}/analytics/endpoints/logs"
    _says(site, "management", path, {"result": [row]})


def e_mails(site: Site, until: datetime, became: Mapping[str, int]) -> None:
    """E-mails that Resend sent, one a minute up to that instant, and how many became what."""
    events = [event for event, number in became.items() for _ in range(number)]
    sent = [
        {
            "id": str(UUID(md5(f"e-mail-{place}".encode(), usedforsecurity=False).hexdigest())),
            "to": ["somebody@example.com"],
            "created_at": (until - timedelta(minutes=place + 1)).isoformat(sep=" "),
            "subject": "Welcome",
            "last_event": event,
        }
        for place, event in enumerate(events)
    ]
    _resend(site, "/emails", sent)


def domains(site: Site, statuses: Mapping[str, str]) -> None:
    """Domains that Resend knows, each with its status."""
    known = [
        {"id": f"domain-{place}", "name": name, "status": status}
        for place, (name, status) in enumerate(statuses.items())
    ]
    _resend(site, "/domains", known)


def models(site: Site, *names: str) -> None:
    """Models that OpenAI lets the key use."""
    listed = [{"id": name, "object": "model", "created": 0, "owned_by": "system"} for name in names]
    _says(site, "openai", "/v1/models", {"object": "list", "data": listed})


def providers(site: Site, address: str = "site", **hosts: str) -> None:
    """NextAuth's providers at an address, each with the URL of the host that it sends back to."""
    listed = {
        name: {
            "id": name,
            "name": name.title(),
            "type": "oauth",
            "signinUrl": f"{host}/api/auth/signin/{name}",
            "callbackUrl": f"{host}/api/auth/callback/{name}",
        }
        for name, host in hosts.items()
    }
    site.answer(address, "GET", "/api/auth/providers", json=listed)


def supabase_key(role: str) -> str:
    """A project's key of a role, anon or service_role, as far as anybody reads it unverified."""
    parts = [{"alg": "HS256", "typ": "JWT"}, {"iss": "supabase", "role": role}]
    said = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts]
    return ".".join([*(part.rstrip("=") for part in said), "c2lnbmF0dXJl"])


def _resend(site: Site, path: str, found: Sequence[Mapping[str, Any]]) -> None:
    """A list of Resend's, page by page."""
    after = ""
    for start in range(0, max(len(found), 1), RESEND_PAGE):
        page = list(found[start : start + RESEND_PAGE])
        more = start + RESEND_PAGE < len(found)
        _says(site, "resend", path + after, {"object": "list", "has_more": more, "data": page})
        after = f"?after={page[-1]['id']}" if page else ""


def _says(site: Site, address: str, path: str, found: Mapping[str, Any]) -> None:
    site.require_key(address)
    site.answer(address, "GET", path, json=found)
