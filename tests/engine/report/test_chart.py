import re
from xml.etree import ElementTree as ET

import pytest

from engine.report.morning import believable
from engine.report.runs import HOSTILE, record
from trueup.model.run import MetricRecord
from trueup.model.verdict import Verdict
from trueup.report.chart import WIDTH, chart, compact, ticks

Box = dict[str, float]


def metric(*points: tuple[str, float], title: str = "Jobs") -> MetricRecord:
    return MetricRecord(
        system="studybuddy", name="jobs", title=title, unit="jobs", note="How many.", points=points
    )


def bars(svg: str) -> list[Box]:
    drawn = ET.fromstring(svg).iter("rect")  # noqa: S314  # drawn by this test
    return [{k: float(v) for k, v in bar.attrib.items() if k != "class"} for bar in drawn]


def texts(svg: str) -> list[str]:
    drawn = ET.fromstring(svg).iter("text")  # noqa: S314  # drawn by this test
    return [text.text or "" for text in drawn]


def test_days_are_columns_with_their_values_and_short_dates() -> None:
    svg = chart(metric(("2026-11-02", 10), ("2026-11-09", 40)), "c")

    assert texts(svg) == ["10", "2 Nov", "40", "9 Nov"]
    assert [bar["height"] for bar in bars(svg)] == [22.0, 88.0]


def test_anything_else_is_bars_as_long_as_their_values() -> None:
    svg = chart(metric(("active", 30), ("expired", 10)), "c")

    assert texts(svg) == ["active", "30", "expired", "10"]
    assert bars(svg)[0]["width"] == pytest.approx(3 * bars(svg)[1]["width"], rel=0.01)


def test_a_month_of_days_is_labelled_at_its_ends_only() -> None:
    svg = chart(metric(*((f"2026-10-{day:02}", day) for day in range(1, 32))), "c")

    assert texts(svg) == ["1", "1 Oct", "31", "31 Oct"]
    assert len(bars(svg)) == 31


@pytest.mark.parametrize("labels", [("2026-11-02", "2026-11-03"), ("up", "down")])
def test_a_negative_value_goes_the_other_way_and_stays_inside(labels: tuple[str, str]) -> None:
    svg = chart(metric((labels[0], 5), (labels[1], -3)), "c")

    boxes = bars(svg)
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= WIDTH for box in boxes)
    assert all(box["y"] >= 0 and box["height"] > 0 and box["width"] > 0 for box in boxes)


def test_only_zeroes_and_values_that_are_no_numbers_draw_no_bar() -> None:
    zeroes = chart(metric(("a", 0), ("b", 0)), "c")

    assert {bar["width"] for bar in bars(zeroes)} == {0.0}
    assert chart(metric(("a", float("nan")), ("b", float("inf"))), "c") == ""
    assert "nan" not in chart(metric(("a", float("nan")), ("b", 1)), "c")


def test_a_chart_has_a_title_and_a_description_that_are_its_own() -> None:
    svg = chart(metric(("a", 1), ("b", 2), title=HOSTILE), "metric-3")

    assert 'aria-labelledby="metric-3-title"' in svg
    assert "2 values, from 1 to 2." in svg
    assert "<script" not in svg
    assert not re.search(r"style=|on\w+=(?!alert)", svg)


def test_each_invariant_has_a_stroke_that_is_taller_the_worse_its_verdict() -> None:
    boxes = bars(ticks([record("a", verdict) for verdict in (Verdict.VIOLATED, Verdict.HOLDS)]))

    assert len(bars(ticks(believable().records))) == 30
    assert boxes[0]["height"] > boxes[1]["height"]


def test_five_hundred_strokes_are_no_wider_than_the_page() -> None:
    last = bars(ticks([record(f"a{index}") for index in range(500)]))[-1]

    assert last["x"] + last["width"] <= 720


@pytest.mark.parametrize(
    ("value", "text"),
    [(9_999, "9,999"), (12_300, "12.3k"), (1_200_000, "1.2M"), (-45_000, "-45.0k"), (0.5, "0.50")],
)
def test_a_value_on_a_bar_is_short(value: float, text: str) -> None:
    assert compact(value) == text
