"""Secrets are changed in time, by what the settings say of them."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

import pytest

from engine.library.outcomes import keys, planned
from trueup.evaluate import evaluate
from trueup.library import every_secret_is_younger_than
from trueup.model.change import Steps
from trueup.model.verdict import Outcome, Verdict

NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


def asked(settings: Mapping[str, object], *only: str, now: datetime = NOW) -> Outcome:
    found = every_secret_is_younger_than(90, only=only)
    return evaluate(found, {"settings": settings, "now": now})


def test_a_secret_is_named_from_its_ninetieth_day_on() -> None:
    outcome = asked(
        {
            "secrets": {
                "OLD": date(2026, 8, 3),
                "DUE": date(2026, 8, 4),
                "YOUNG": date(2026, 8, 5),
                "NEW": date(2026, 11, 2),
            }
        }
    )

    assert keys(outcome) == ["DUE", "OLD"]
    assert outcome.judged == {"secrets": 4}


def test_a_day_that_is_to_come_is_named() -> None:
    assert keys(asked({"secrets": {"TYPO": date(2062, 1, 1)}})) == ["TYPO"]


def test_only_those_that_are_named_are_judged_and_they_have_to_be_there() -> None:
    secrets = {"secrets": {"SESSION": date(2026, 10, 1), "OLD": date(2020, 1, 1)}}

    outcome = asked(secrets, "SESSION")
    missing = asked(secrets, "SESSION", "OTHER")

    assert (outcome.verdict, outcome.judged) == (Verdict.HOLDS, {"SESSION": 1})
    assert missing.verdict is Verdict.UNKNOWN
    assert "do not say when OTHER was changed" in missing.reason


@pytest.mark.parametrize("settings", [{}, {"secrets": {}}])
def test_none_at_all_is_unknown(settings: dict[str, object]) -> None:
    assert asked(settings).verdict is Verdict.UNKNOWN


def test_the_fix_says_what_to_do_with_it() -> None:
    [steps] = planned("rotate_secret", asked({"secrets": {"OLD": date(2026, 1, 1)}}))

    assert isinstance(steps, Steps)
    assert steps.title == "change OLD, of 2026-01-01"
