"""
Supabase's management API: backups, and how sign-ins go by the project's logs.

The shapes are those of its reference, "Lists all backups" and "Gets all project's logs in a single
log stream". The older `logs.all` is deprecated there, and its SQL was another.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Unpack

from trueup.errors import ProbeError
from trueup.library.declare import Options, declared
from trueup.library.said import said as named
from trueup.library.shares import LEAST, below
from trueup.model.invariant import HTTP, Invariant, Row

if TYPE_CHECKING:
    from trueup.readers.http.probe import Http

SIGN_INS = """
    select countIf(toInt32OrZero(log_attributes['response.status_code']) between 200 and 399)
               as succeeded,
           count() as number
    from logs
    where source = 'edge_logs'
      and log_attributes['request.method'] = 'POST'
      and log_attributes['request.path'] = '/auth/v1/token'
      and position(log_attributes['request.search'], 'grant_type=refresh_token') = 0
"""
"""Whoever stays signed in is no attempt: a token that is refreshed was signed in for before."""

NOBODY = (
    "the logs have no attempt to sign in; see that supabase.project is the right one, and that"
    " somebody comes as far as the door"
)

LONGEST = timedelta(days=1)
"""The span that one question about logs may cover."""


def a_backup_is_younger_than_a_day(
    address: str = "management", *, hours: float = 24, **said: Unpack[Options]
) -> Invariant:
    """
    The newest backup that was completed is no older than so many hours.

    Where recovery to a point in time is on, its newest point counts as well. The settings name
    `supabase.project`, by its reference.
    """

    def ask(http: "Http", settings: Mapping[str, Any], now: datetime) -> Iterator[Row]:
        project = named(settings, "supabase", "project")
        answer = http.ask(address, f"/v1/projects/{project}/database/backups")
        taken = [*_completed(answer.said("backups", list)), *_points(answer.json())]
        newest = max(taken, default=None)
        if newest is None or now - newest > timedelta(hours=hours):
            yield {"project": project, "newest": newest, "backups": len(taken), "hours": hours}

    return declared(
        ask,
        {
            "severity": "P0",
            "fix": "look_into_backups",
            "harm": "What was written since the last backup is lost with the database.",
        },
        said,
        over={"probes": f"{HTTP}{address}"},
        show=["project"],
    )


def sign_ins_succeed(
    address: str = "management",
    *,
    percent: float = 90,
    least: int = LEAST,
    **said: Unpack[Options],
) -> Invariant:
    """
    Of the last day's attempts to sign in, so many percent succeeded.

    A wrong password is an attempt that did not. Where nobody tried at all it is unknown, unless it
    may be empty. The settings name `supabase.project`.
    """

    def ask(http: "Http", settings: Mapping[str, Any], now: datetime) -> Iterator[Row]:
        project = named(settings, "supabase", "project")
        succeeded, number = _sign_ins(http, address, project, now)
        if not number and not said.get("may_be_empty"):
            raise ProbeError(NOBODY)
        yield from below("sign-ins", succeeded, number, percent, least)

    return declared(
        ask,
        {
            "severity": "P1",
            "fix": "look_into_sign_ins",
            "harm": "People stand at the door and are not let in.",
        },
        said,
        over={"probes": f"{HTTP}{address}"},
        show=["of"],
    )


def _completed(backups: list[Mapping[str, Any]]) -> Iterator[datetime]:
    for backup in backups:
        if backup.get("status") == "COMPLETED":
            yield _instant(str(backup.get("inserted_at")))


def _points(answer: Mapping[str, Any]) -> Iterator[datetime]:
    """The newest point in time that can be recovered to."""
    latest = (answer.get("physical_backup_data") or {}).get("latest_physical_backup_date_unix")
    if answer.get("pitr_enabled") and latest:
        yield datetime.fromtimestamp(latest, UTC)


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ProbeError("a backup has no time in inserted_at; has the API changed?") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _sign_ins(http: "Http", address: str, project: str, now: datetime) -> tuple[int, int]:
    answer = http.ask(
        address,
        f"/v1/projects/{project}/analytics/endpoints/logs",
        {
            "sql": " ".join(SIGN_INS.split()),
            "iso_timestamp_start": (now - LONGEST).isoformat(),
            "iso_timestamp_end": now.isoformat(),
        },
    )
    if answer.json().get("error"):
        raise ProbeError("Supabase could not search the project's logs; run again later")
    rows = answer.said("result", list)
    try:
        return int(rows[0]["succeeded"]), int(rows[0]["number"])
    except (LookupError, TypeError, ValueError):
        raise ProbeError("Supabase did not count the sign-ins; has its API changed?") from None
