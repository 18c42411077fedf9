"""How long the database takes to answer, one small question after the other."""

import math
from collections.abc import Iterator, Mapping
from time import perf_counter
from typing import Unpack

from trueup.library.declare import Options, declared
from trueup.model.invariant import Invariant, Row
from trueup.replica.reader import Reader

PROBES = 20

SERIES = 3
"""So many in a row have to be slow: a runner that hiccups is no slow database."""

PERCENT = 95

ALLOWED, ALARMING = 100, 500
"""Milliseconds, where the settings say nothing."""

_PROBE = "select 1 as here"

_PROBES = f"(select from generate_series(1, {PROBES}))"


def the_database_answers_fast(**said: Unpack[Options]) -> Invariant:
    """
    Of twenty round trips, 95 percent take no longer than `round_trip_ms` of the settings.

    They are measured from where the suite runs, network included, three times over before anything
    is said. `round_trip_alarm_ms` is from where it is `alarming`.
    """

    def ask(replica: Reader, settings: Mapping[str, object]) -> Iterator[Row]:
        allowed = float(str(settings.get("round_trip_ms", ALLOWED)))
        alarming = float(str(settings.get("round_trip_alarm_ms", ALARMING)))
        list(replica.rows(_PROBE))  # the first one also learns what the server calls volatile
        fastest = math.inf
        for _ in range(SERIES):
            fastest = min(fastest, _percentile(replica))
            if fastest <= allowed:
                return
        yield {
            "of": "round trips",
            "milliseconds": round(fastest, 1),
            "allowed": allowed,
            "alarming": fastest > alarming,
            "percentile": PERCENT,
        }

    return declared(
        ask,
        {
            "severity": "P1",
            "fix": "look_into_database_slowness",
            "harm": "Every request asks it several times over: pages crawl, and functions run into"
            " their timeouts.",
        },
        said,
        over={"round trips": _PROBES},
        show=["of"],
    )


def _percentile(replica: Reader) -> float:
    """The milliseconds within which so many percent of one series were answered."""
    took = sorted(_took(replica) for _ in range(PROBES))
    return took[math.ceil(PROBES * PERCENT / 100) - 1]


def _took(replica: Reader) -> float:
    started = perf_counter()
    list(replica.rows(_PROBE))
    return 1000 * (perf_counter() - started)
