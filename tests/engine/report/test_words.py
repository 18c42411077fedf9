from msgspec.structs import replace

from engine.report.morning import UNKNOWN, VIOLATED, believable, quiet
from engine.report.runs import record, run, stuck
from trueup.model.run import SystemRecord
from trueup.model.verdict import Verdict
from trueup.report import words


def test_a_violation_says_what_how_much_why_which_and_how_to_mend_it() -> None:
    found = stuck(2)

    assert words.violated(found) == [
        "P1 every running ai job is younger than five minutes",
        "    2 violations, of 10,000 ai_jobs judged",
        "    Its worker is gone: the student watches 'extraction in progress' for ever.",
        f"    row  {found.keys[0]}",
        f"    row  {found.keys[1]}",
        "    fix  fixes/studybuddy/fail_stuck_ai_jobs.py",
        f"         {found.fixes[0].command}",
    ]


def test_three_rows_are_named_and_the_rest_is_counted() -> None:
    lines = words.violated(stuck(12))

    assert sum(line.startswith("    row  ") for line in lines) == 3
    assert "    and 9 more" in lines


def test_a_count_that_stopped_at_a_cap_is_told_as_one() -> None:
    capped = replace(stuck(5), count=10_000, counted_all=False)

    assert "    and 9,997+ more" in words.violated(capped)
    assert "10,000+ violations" in words.violated(capped)[1]


def test_a_very_long_key_is_cut() -> None:
    lines = words.violated(replace(stuck(1), keys=("k" * 500,)))

    assert max(len(line) for line in lines if "row" in line) < 100


def test_only_the_first_sentence_of_the_harm_is_told() -> None:
    subscriptions = next(found for found in VIOLATED if found.severity == "P0")

    assert not any("The policy" in line for line in words.violated(subscriptions))


def test_each_fix_that_could_mend_it_is_named() -> None:
    overrides = next(found for found in VIOLATED if len(found.fixes) == 2)

    assert sum(line.startswith("    fix  ") for line in words.violated(overrides)) == 2


def test_an_unknown_says_why_and_what_to_do() -> None:
    assert words.unknown(UNKNOWN) == [
        "P2 no query runs longer than five minutes",
        f"    unknown: {UNKNOWN.reason}",
        f"    remedy: {UNKNOWN.remedy}",
    ]


def test_an_unknown_without_a_remedy_has_no_empty_line() -> None:
    assert words.unknown(record("a", Verdict.UNKNOWN, reason="the replica is stale")) == [
        "P2 a",
        "    unknown: the replica is stale",
    ]


def test_the_closing_lines_count_name_the_worst_and_say_what_to_do_next() -> None:
    lines = words.closing(believable(), "reports/x/index.html")

    assert lines[0] == "5 violated, 1 unknown, 23 hold, 1 not applicable"
    assert lines[1].startswith("as of 2026-11-20 06:23:41 UTC, production; StudyBuddy: receiving")
    assert lines[2].startswith("  P0 every active subscription")
    assert lines[7] == "  P2 no query runs longer than five minutes: unknown"
    assert lines[8] == "page: reports/x/index.html"
    assert lines[-1].startswith("  trueup plan studybuddy.sync_subscription_from_stripe")


def test_when_everything_holds_there_is_nothing_to_do_next() -> None:
    assert words.closing(quiet())[0] == "23 hold, 1 not applicable"
    assert len(words.closing(quiet())) == 2


def test_where_nothing_is_violated_the_next_thing_is_the_remedy() -> None:
    assert words.closing(run([UNKNOWN]))[-1] == "next: grant pg_monitor to trueup_reader"


def test_a_long_list_is_cut_and_says_so() -> None:
    many = run([replace(stuck(1), name=f"one_{index}") for index in range(25)])

    lines = words.closing(many)

    assert sum(line.startswith("  P1 ") for line in lines) == 10
    assert "  and 15 more" in lines


def test_a_system_that_could_not_be_read_says_why() -> None:
    down = SystemRecord(name="x", title="StudyBuddy", reason="the replica refused the connection")

    lines = words.closing(run([UNKNOWN], systems=(down,)))

    assert lines[1].endswith("StudyBuddy: the replica refused the connection")


def test_no_line_has_a_colour_or_a_line_end() -> None:
    lines = [*words.closing(believable()), *words.violated(stuck(3)), *words.unknown(UNKNOWN)]

    assert not any(character in line for line in lines for character in "\x1b\n\r")


def test_where_a_run_has_several_systems_each_line_says_which() -> None:
    systems = tuple(SystemRecord(name=name, title=name.upper()) for name in ("studybuddy", "b"))

    lines = words.closing(replace(believable(), systems=systems))

    assert any("  P1 STUDYBUDDY: every running ai job is younger" in line for line in lines)
    assert not any("STUDYBUDDY" in line for line in words.closing(believable()))
