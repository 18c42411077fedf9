import pytest
from msgspec.structs import replace

from engine.history.runs import DAY, at, broken, history, sound, told, unknown
from engine.report.morning import believable, quiet
from engine.report.runs import NOW, record
from trueup.history.compared import compared
from trueup.history.past import REMEMBERED, remembered
from trueup.model.run import Change, Past, Record
from trueup.model.verdict import Verdict


def past(*days: Record | None) -> Past:
    """What the last day's record says of the days before it."""
    *earlier, last = told(*days)
    found = remembered(last, compared(reversed(earlier))).records[0].past
    assert found is not None
    return found


def test_a_violation_after_a_sound_look_is_new() -> None:
    found = past(sound(), broken(1, 2))

    assert (found.change, found.since, found.added, found.gone) == (Change.NEW, NOW + DAY, 2, 0)


def test_one_that_was_there_goes_on_since_it_was_first_seen_without_a_break() -> None:
    found = past(broken(1), sound(), broken(1, 2), broken(2, 3), broken(3, 4))

    assert (found.change, found.since) == (Change.ONGOING, NOW + 2 * DAY)


def test_the_same_count_with_other_keys_is_not_the_same() -> None:
    found = past(broken(1, 2), broken(2, 3))

    assert (found.growth, found.added, found.gone) == (0, 1, 1)


def test_each_key_has_the_run_that_saw_it_first() -> None:
    found = past(broken(1), broken(1, 2), broken(2), broken(1, 2, 3))

    assert found.first_seen == (3, 1, 3)


def test_what_holds_again_is_resolved_and_says_since_when_it_was_not() -> None:
    found = past(sound(), broken(1), broken(1, 2), sound())

    assert (found.change, found.since, found.gone) == (Change.RESOLVED, NOW + DAY, 2)


def test_what_was_resolved_before_is_no_news() -> None:
    assert past(broken(1), sound(), sound()).change is Change.NONE


def test_an_unknown_in_between_neither_ends_nor_begins_anything() -> None:
    found = past(broken(1), unknown(), broken(1, 2))

    assert (found.change, found.since, found.added) == (Change.ONGOING, NOW, 1)
    assert found.first_seen == (0, 2)
    assert past(broken(1), unknown()).change is Change.NONE
    assert past(broken(1), unknown(), sound()).change is Change.RESOLVED


def test_a_run_that_did_not_have_the_invariant_is_passed_over() -> None:
    found = past(broken(1), None, broken(1))

    assert (found.change, found.since) == (Change.ONGOING, NOW)
    assert found.verdicts == (Verdict.VIOLATED, None)
    assert found.counts == (1, None)


def test_without_an_earlier_run_nothing_is_new() -> None:
    found = past(broken(1))

    assert (found.change, found.since, found.added) == (Change.NONE, NOW, 0)


@pytest.mark.parametrize(
    ("days", "flaps"),
    [
        ((sound(), broken(1), sound(), broken(1)), True),
        ((sound(), broken(1), unknown(), sound(), broken(1)), True),
        ((sound(), broken(1), sound()), False),
        ((broken(1), unknown(), broken(1), unknown(), broken(1)), False),
    ],
)
def test_what_turned_three_times_is_flapping(days: tuple[Record, ...], *, flaps: bool) -> None:
    assert past(*days).flapping is flaps


def test_a_waived_violation_is_still_a_violation() -> None:
    waived = replace(broken(1), verdict=Verdict.WAIVED, waived=1)

    found = past(sound(), waived, broken(1, 2))

    assert (found.change, found.since, found.added) == (Change.ONGOING, NOW + DAY, 1)


def test_where_not_all_keys_are_named_nothing_is_called_new_by_its_key() -> None:
    cut = replace(broken(1, 2), count=5000)

    found = past(cut, replace(broken(2, 3), count=6000))

    assert (found.exact, found.added, found.gone, found.growth) == (False, 0, 0, 1000)
    assert found.first_seen == (0, 0)


def test_a_run_remembers_thirty_others_the_oldest_first() -> None:
    found = remembered(believable(), compared(reversed(history(believable, REMEMBERED + 5))))

    assert len(found.earlier) == REMEMBERED
    assert found.earlier[0].as_of < found.earlier[-1].as_of < found.as_of
    assert {len(one.past.verdicts) for one in found.records} == {REMEMBERED}


def test_a_run_of_less_is_not_compared_as_a_whole() -> None:
    narrowed = at(0, broken(1), selection="-k thing")
    others = at(1, record("another"), systems=())
    last = at(3, broken(1), selection="")

    runs = [at(2, broken(1), selection=""), others, narrowed]
    earlier = remembered(last, compared(runs)).earlier

    assert [one.whole for one in earlier] == [False, False, True]
    assert [one.violated for one in earlier] == [1, 0, 1]


def test_a_metric_that_is_one_number_has_its_earlier_values() -> None:
    found = remembered(quiet(), compared(reversed(history(quiet, 2))))

    assert found.metrics[0].earlier == (187.0, 187.0)
    assert found.metrics[4].earlier == ()


def test_what_cannot_be_looked_at_says_since_when_it_was_violated() -> None:
    assert past(sound(), broken(1), unknown()).since == NOW + DAY
    assert past(broken(1), sound(), unknown()).since is None


def test_what_was_found_in_maintenance_is_new_when_that_is_over() -> None:
    window = broken(1, maintenance="Sundays")

    assert past(sound(), window, broken(1)).change is Change.NEW
    assert past(sound(), window, sound()).change is Change.NONE
    assert past(broken(1), window, broken(1)).since == NOW
    assert past(sound(), window, broken(1)).verdicts[1] is Verdict.VIOLATED
