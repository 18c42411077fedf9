"""
Sentry: how many of the application's requests fail.

Asked by its API's "Query Explore Events in Table Format", whose `failure_rate()` counts every
transaction that ended otherwise than ok, cancelled or unknown.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Unpack

from trueup.errors import ProbeError
from trueup.library.declare import Options, declared
from trueup.library.said import said as named
from trueup.library.shares import LEAST
from trueup.model.invariant import HTTP, Invariant, Row

if TYPE_CHECKING:
    from trueup.readers.http.probe import Http

RATE, COUNT = "failure_rate()", "count()"

NOTHING = (
    "Sentry counted no transaction at all; see that sentry.project is the right one, and that the"
    " application still sends its traces"
)


def errors_stay_rare(
    address: str = "sentry",
    *,
    percent: float = 5,
    days: float = 1,
    least: int = LEAST,
    **said: Unpack[Options],
) -> Invariant:
    """
    Of the transactions of the last days, no more than so many percent failed.

    The settings name `sentry.organization`, by its slug, and `sentry.project`, by its number. Where
    none was counted at all it is unknown, unless it may be empty.
    """

    def ask(http: "Http", settings: Mapping[str, Any], now: datetime) -> Iterator[Row]:
        rate, number = _rate(http, address, settings, (now - timedelta(days=days), now))
        if not number and not said.get("may_be_empty"):
            raise ProbeError(NOTHING)
        if number >= least and 100 * rate > percent:
            yield {"of": "requests", "percent": round(100 * rate, 1), "number": number}

    return declared(
        ask,
        {
            "severity": "P1",
            "fix": "look_into_errors",
            "harm": "One request in twenty fails, and whoever made it sees an error.",
        },
        said,
        over={"probes": f"{HTTP}{address}"},
        show=["of"],
    )


def _rate(
    http: "Http", address: str, settings: Mapping[str, Any], span: tuple[datetime, datetime]
) -> tuple[float, int]:
    """The share of failed transactions, and how many there were."""
    organization = named(settings, "sentry", "organization")
    answer = http.ask(
        address,
        f"/api/0/organizations/{organization}/events/",
        {
            "dataset": "spans",
            "field": [RATE, COUNT],
            "query": "is_transaction:true",
            "project": str(named(settings, "sentry", "project")),
            "start": _instant(span[0]),
            "end": _instant(span[1]),
        },
    )
    rows = answer.said("data", list)
    if not rows:
        return 0.0, 0
    rate, number = rows[0].get(RATE), rows[0].get(COUNT)
    if number == 0:
        return 0.0, 0
    if not isinstance(rate, int | float) or not isinstance(number, int | float):
        raise ProbeError(f"Sentry answered without {RATE} and {COUNT}; has its API changed?")
    return float(rate), int(number)


def _instant(moment: datetime) -> str:
    """Without its offset, as Sentry's documentation writes an instant in UTC."""
    return moment.replace(tzinfo=None).isoformat(timespec="seconds")
