import pytest
from msgspec.structs import replace

from engine.report.runs import stuck
from trueup.report.mask import MASKED
from trueup.report.sample import ROOM, sample, samples


def test_a_few_rows_are_seen_at_once_and_the_rest_is_folded() -> None:
    shown = sample(stuck(12))

    assert (len(shown.first), len(shown.more)) == (5, 7)
    assert shown.caption == "Showing 5 of 12"


@pytest.mark.parametrize(
    ("rows", "count", "counted_all", "caption"),
    [
        (1, 1, True, "The violation"),
        (3, 3, True, "All 3 violations"),
        (3, 10_000, False, "Showing 3 of 10,000+"),
        (5, 5, False, "Showing 5 of 5+"),
        (50, 1200, True, "Showing 5 of 1,200"),
    ],
)
def test_the_caption_says_how_much_of_all_is_shown(
    rows: int, count: int, *, counted_all: bool, caption: str
) -> None:
    found = replace(stuck(rows), count=count, counted_all=counted_all)

    assert sample(found).caption == caption


def test_many_records_share_the_room_and_say_where_the_other_rows_are() -> None:
    many = [replace(stuck(50), name=f"one_{index}") for index in range(500)]

    shown = samples(many)["studybuddy.one_7"]

    assert 1 <= len(shown.first) + len(shown.more) < 50
    assert shown.caption.endswith("of 50; run.json keeps 50")


def test_what_has_no_room_is_counted_apart() -> None:
    cut, whole = sample(stuck(20), room=1_500), sample(stuck(20))

    assert len(cut.first) + len(cut.more) + cut.left == 20
    assert cut.more
    assert cut.left > 0
    assert whole.left == 0


def test_a_row_longer_than_the_room_is_still_shown() -> None:
    long = replace(stuck(2), rows=(("x" * 200,) * 40,) * 2)

    assert len(sample(long, room=10).first) == 1
    assert len(sample(long, room=ROOM).first) == 2


def test_a_masked_cell_is_noticed_wherever_it_is() -> None:
    rows = [*stuck(7).rows[:6], (MASKED,) * 6]

    assert sample(replace(stuck(7), rows=tuple(rows))).masked
    assert not sample(stuck(7)).masked
