from datetime import UTC, date, datetime

import pytest
from msgspec.structs import replace

from engine.history.runs import NAME, at, broken, sound, unknown
from trueup.history.waived import Settled, Waivers, idle, settle
from trueup.model.verdict import Outcome, Verdict
from trueup.model.violation import Violation, key_text
from trueup.model.waiver import Waiver

ID = f"studybuddy.{NAME}"
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def waiver(*keys: str, **more: object) -> Waiver:
    told = {
        "invariant": ID,
        "keys": frozenset(keys) if keys else None,
        "reason": "agreed",
        "owner": "Ada",
        "approver": "Bob",
        "last_day": date(2026, 12, 24),
        "zone": "UTC",
    }
    return Waiver(**told | more)  # type: ignore[arg-type]  # each of its own type


def outcome(*keys: str | None, verdict: Verdict = Verdict.VIOLATED) -> Outcome:
    rows = [Violation(NAME, (key,), {"id": key}) for key in keys]
    return Outcome(verdict=verdict, violations=rows, count=len(rows))


def settled(found: Outcome, *waivers: Waiver, now: datetime = NOW) -> Settled:
    return settle(ID, found, Waivers(waivers, "production", now))


def keys(found: Settled) -> list[str]:
    return [key_text(violation.key) for violation in found.outcome.violations]


def test_violations_that_are_all_covered_are_waived() -> None:
    found = settled(outcome("1", "2"), waiver("1"), waiver("2", "3"))

    assert (found.outcome.verdict, found.covered) == (Verdict.WAIVED, 2)
    assert [one.matched for one in found.waivers] == [1, 1]


@pytest.mark.parametrize(("key", "said"), [(None, r"\N"), ("", ""), ("a\tb", r"a\tb")])
def test_a_key_is_accepted_as_reports_print_it(key: str | None, said: str) -> None:
    assert settled(outcome(key), waiver(said)).outcome.verdict is Verdict.WAIVED
    assert settled(outcome(key), waiver("None")).outcome.verdict is Verdict.VIOLATED


def test_one_beyond_the_waived_keys_is_violated_and_comes_first() -> None:
    found = settled(outcome("1", "2", "3"), waiver("1", "2"))

    assert (found.outcome.verdict, found.covered) == (Verdict.VIOLATED, 2)
    assert keys(found) == ["3", "1", "2"]


def test_a_waiver_of_all_covers_also_what_was_not_counted() -> None:
    many = replace(outcome("1", "2"), counted_all=False)

    assert settled(many, waiver()).outcome.verdict is Verdict.WAIVED
    assert settled(many, waiver("1", "2")).outcome.verdict is Verdict.VIOLATED


@pytest.mark.parametrize(
    ("now", "verdict"),
    [
        (datetime(2026, 12, 24, 23, 59, 59, tzinfo=UTC), Verdict.WAIVED),
        (datetime(2026, 12, 25, tzinfo=UTC), Verdict.VIOLATED),
    ],
)
def test_it_counts_again_from_the_first_instant_after_its_last_day(
    now: datetime, verdict: Verdict
) -> None:
    found = settled(outcome("1"), waiver("1"), now=now)

    assert found.outcome.verdict is verdict
    assert found.waivers[0].expired is (verdict is Verdict.VIOLATED)
    assert found.covered == (verdict is Verdict.WAIVED)


@pytest.mark.parametrize("verdict", [Verdict.UNKNOWN, Verdict.HOLDS, Verdict.NOT_APPLICABLE])
def test_what_is_not_violated_is_left_alone(verdict: Verdict) -> None:
    found = settled(outcome(verdict=verdict), waiver())

    assert (found.outcome.verdict, found.waivers) == (verdict, ())


def test_one_of_another_invariant_or_environment_covers_nothing() -> None:
    others = (waiver(invariant="studybuddy.other"), waiver(environment="staging"))

    assert settled(outcome("1"), *others).outcome.verdict is Verdict.VIOLATED


def test_one_that_matched_nothing_is_listed() -> None:
    waivers = Waivers(
        (waiver("1"), waiver("9"), waiver("8", environment="staging")), "production", NOW
    )
    found = settle(ID, outcome("1"), waivers)

    listed = idle(at(0, found.on(broken("1"))), waivers)

    assert [one.keys for one in listed] == [("9",)]


def test_of_what_was_not_looked_at_nothing_is_said() -> None:
    waivers = Waivers((waiver("1"),), "production", NOW)

    assert idle(at(0, unknown(), selection=""), waivers) == ()
    assert idle(at(0, selection="-k other"), waivers) == ()
    assert idle(at(0, selection="", systems=()), waivers) == ()
    assert len(idle(at(0, selection=""), waivers)) == 1
    assert len(idle(at(0, sound()), waivers)) == 1
