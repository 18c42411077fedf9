"""A database that answers slowly is seen by the time that its answers take."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path

import pytest

from engine.faults.proxy import between
from engine.library.outcomes import planned
from fix_database import Database
from trueup.evaluate import evaluate
from trueup.library import the_database_answers_fast
from trueup.model.verdict import Outcome, Verdict
from trueup.replica.dsn import Dsn
from trueup.replica.limits import Limits
from trueup.replica.session import open_session

FAST = the_database_answers_fast().named("app", "test_the_database_answers_fast", Path(__file__))

ONE_OF_20, TWO_OF_20 = [0.15] + 19 * [0.0], [0.15] + 9 * [0.0]

Ask = Callable[..., Outcome]


@pytest.fixture
def ask(database: Database) -> Iterator[Ask]:
    """The outcome behind a proxy that holds answers back, over and over in the same way."""
    with between(database.url()) as proxy:
        dsn = Dsn(proxy.url(database.url()), "the test's replica")
        lag = timedelta(seconds=300)
        session = open_session(
            dsn, primary_allowed=False, limits=Limits(), max_lag=lag, application="trueup/test"
        )

        def outcome(delays: list[float], **settings: float) -> Outcome:
            now = datetime.now(UTC)
            with session.reading() as reader:
                proxy.delays = cycle(delays)
                return evaluate(FAST, {"replica": reader, "settings": settings, "now": now})

        yield outcome
        session.close()


def test_two_slow_answers_of_twenty_are_a_slow_database(ask: Ask) -> None:
    found = ask(TWO_OF_20)

    [slow] = found.violations
    assert (found.verdict, slow.key) == (Verdict.VIOLATED, ("round trips",))
    assert 150 <= float(str(slow["milliseconds"])) < 500
    assert (slow["allowed"], slow["alarming"]) == (100, False)


def test_one_slow_answer_of_twenty_is_not(ask: Ask) -> None:
    found = ask(ONE_OF_20)

    assert (found.verdict, found.judged) == (Verdict.HOLDS, {"round trips": 20})


def test_a_series_that_is_fast_is_believed(ask: Ask) -> None:
    found = ask(30 * [0.15] + 1000 * [0.0])

    assert found.verdict is Verdict.HOLDS


def test_what_is_slow_and_what_is_alarming_stands_in_the_settings(ask: Ask) -> None:
    assert ask(TWO_OF_20, round_trip_ms=400).verdict is Verdict.HOLDS
    [slow] = ask(TWO_OF_20, round_trip_alarm_ms=120).violations
    assert slow["alarming"]


def test_its_fix_says_by_how_much(ask: Ask) -> None:
    [steps] = planned("look_into_database_slowness", ask(TWO_OF_20))

    assert "within 100.0 ms: 95 percent take up to 15" in steps.title
