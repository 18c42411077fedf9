from datetime import datetime, timedelta, timezone

import pytest
from msgspec.structs import replace

from engine.report.morning import believable, quiet
from engine.report.runs import record, run, stuck
from trueup.model.run import FixRecord, Run, SystemRecord
from trueup.model.verdict import Verdict
from trueup.report import phrase
from trueup.report.page import page
from trueup.report.words import closing


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (10_000, "10,000"),
        (94.36, "94.36"),
        (12_480.5, "12,480.50"),
        (float("nan"), "not a number"),
        (float("inf"), "not a number"),
    ],
)
def test_a_number_is_written_as_people_read_it(value: float, text: str) -> None:
    assert phrase.number(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0123, "12 ms"), (4.2, "4.2 s"), (59.9, "59.9 s"), (125.4, "2 min 5 s")]
)
def test_a_duration_has_the_unit_that_suits_it(seconds: float, text: str) -> None:
    assert phrase.duration(seconds) == text


def test_an_instant_is_told_in_utc() -> None:
    kabul = timezone(timedelta(hours=4, minutes=30))

    assert phrase.moment(datetime(2026, 3, 1, 2, 0, 9, tzinfo=kabul)) == "2026-02-28 21:30:09 UTC"


def test_one_violation_is_not_plural_and_a_cap_is_told() -> None:
    capped = record("a", Verdict.VIOLATED, count=10_000, counted_all=False)

    assert phrase.violations(stuck(1)) == "1 violation"
    assert phrase.violations(capped) == "10,000+ violations"


def test_the_violations_stand_among_what_was_judged() -> None:
    several = record("a", Verdict.VIOLATED, count=3, judged={"ai_jobs": 10_000, "courses": 1500})
    nothing = record("b", Verdict.VIOLATED, count=3, judged={})

    assert phrase.counted(several) == "3 violations, of 10,000 ai_jobs and 1,500 courses judged"
    assert phrase.counted(nothing) == "3 violations"


def test_the_verdict_is_told_in_a_sentence_a_title_and_counts() -> None:
    morning = believable()

    assert phrase.sentence(morning) == "5 of 30 invariants are violated, and 1 is unknown."
    assert phrase.headline(morning) == "5 violated, 1 unknown"
    assert phrase.tally(morning) == "5 violated, 1 unknown, 23 hold, 1 not applicable"


def test_an_unknown_alone_is_never_told_as_a_pass() -> None:
    looked = run([record("a"), record("b", Verdict.UNKNOWN)])

    assert phrase.sentence(looked) == "Nothing is violated, but 1 of 2 invariants is unknown."
    assert phrase.headline(looked) == "1 unknown"


def test_everything_holds_only_where_something_was_judged() -> None:
    assert phrase.sentence(quiet()) == "Everything that must be true is true."
    assert phrase.sentence(run([])) == "Nothing was judged."
    assert phrase.headline(run([])) == "nothing was judged"


def test_a_run_of_what_was_selected_claims_nothing_of_the_rest() -> None:
    some = replace(quiet(), selection="stuck")

    assert phrase.sentence(some) == "Everything that was selected is true."
    assert phrase.headline(some) == "what was selected holds"
    assert "A quiet day" in page(quiet())
    assert "A quiet day" not in page(some)


def test_a_waiver_keeps_the_sentence_from_claiming_that_everything_is_true() -> None:
    accepted = run([record("a"), record("b", Verdict.WAIVED)])

    assert phrase.sentence(accepted) == "Nothing is violated beyond what is waived."


@pytest.mark.parametrize(
    ("harm", "first"),
    [
        ("It waits. Nobody sees it.", "It waits."),
        ("Version 1.2 is\nlost for ever.\n\nMore of it.", "Version 1.2 is lost for ever."),
        ("no stop at all", "no stop at all"),
        ("", ""),
    ],
)
def test_the_first_sentence_of_a_harm_is_found(harm: str, first: str) -> None:
    assert phrase.first_sentence(harm) == first


def test_whether_a_fix_can_be_undone_is_always_said() -> None:
    fix = FixRecord(name="send", path="fixes/send.py", summary="Sends.", command="trueup plan x")

    assert phrase.undoing(fix).startswith("Can be undone")
    final = replace(fix, undo="mails are out.")
    assert phrase.undoing(final) == "Cannot be undone: mails are out."
    assert phrase.undoing(replace(fix, steps=True)).startswith("Changes nothing")


def test_systems_that_are_as_fresh_as_each_other_are_told_in_one_breath() -> None:
    def of(*fresh: str) -> Run:
        systems = [
            SystemRecord(name=name, title=name.upper(), freshness=said, reason="" if said else "x")
            for name, said in zip("abcde", fresh, strict=False)
        ]
        return run([], systems=tuple(systems))

    assert phrase.fresh(of("fresh", "fresh", "stale", "")) == [
        ("A and B", "fresh"),
        ("C", "stale"),
    ]
    assert phrase.fresh(of(*["fresh"] * 5)) == [("All 5 systems", "fresh")]
    assert phrase.fresh(of("fresh", "fresh")) == [("A and B", "fresh")]


def test_a_run_that_was_narrowed_is_about_the_systems_that_it_looked_at() -> None:
    other = SystemRecord(name="other", title="Other")
    whole = replace(quiet(), systems=(*quiet().systems, other), selection="")

    assert phrase.systems(whole) == "StudyBuddy and Other"
    assert phrase.systems(replace(whole, selection="jobs")) == "StudyBuddy"
    assert phrase.systems(replace(whole, selection="none", records=())) == "StudyBuddy and Other"


def test_a_run_that_was_stopped_claims_nothing_of_the_rest() -> None:
    stopped = replace(quiet(), stopped=True, selection="")

    assert phrase.sentence(stopped) == (
        "Nothing that was looked at is violated, but the run was stopped early."
    )
    assert phrase.headline(stopped) == "stopped early"
    assert (stopped.verdict, stopped.exit_code) == (Verdict.UNKNOWN, 6)
    assert "what is not told was not looked at" in closing(stopped)[1]
    assert "was not looked at" in page(stopped)
    assert "A quiet day" not in page(stopped)
