"""Small charts as inline SVG: drawn with attributes only, since the page allows no inline style."""

import math
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from markupsafe import Markup

from trueup.model.run import MetricRecord, Record
from trueup.report.phrase import number

WIDTH = 300
"""A chart's width in CSS pixels, narrow enough for a phone."""

BARS = 12
"""Bars that are drawn; the table below a chart has every point."""

DAYS = 31
"""Days that still fit side by side."""

WEEK = 7
"""Columns that are all labelled; of more, the first and the last."""

EDGE = 18
"""Half the width of a label under a column."""

ROW = 26
"""The height of a bar with the space around it."""

STROKES = {"violated": 28, "unknown": 21, "waived": 16, "not applicable": 5, "holds": 10}
"""The height of a stroke by verdict, so that it does not speak by colour alone."""


class Point(NamedTuple):
    """A value with the label it is drawn under."""

    label: str
    value: float


def ticks(records: Sequence[Record]) -> Markup:
    """A stroke for each invariant, taller the worse its verdict; the counts say it in words."""
    step = min(14.0, 720 / max(len(records), 1))
    tallest = max(STROKES.values())
    strokes = _joined(
        Markup('<rect class="{}" x="{:.2f}" y="{}" width="{:.2f}" height="{}"/>').format(
            record.verdict.replace(" ", "-"), index * step, tallest - tall, step * 0.4, tall
        )
        for index, record in enumerate(records)
        for tall in [STROKES[record.verdict]]
    )
    return Markup(
        '<svg class="ticks" viewBox="0 0 {0:.2f} {1}" width="{0:.0f}" height="{1}"'
        ' preserveAspectRatio="none" aria-hidden="true">{2}</svg>'
    ).format(max(step * len(records), 1), tallest, strokes)


def chart(metric: MetricRecord, name: str) -> Markup:
    """
    Columns for a series of days, bars for anything else; `name` makes its ids its own.

    A value that is not a number is not drawn; the table has it.
    """
    points = [Point(*point) for point in metric.points if math.isfinite(point[1])]
    if not points:
        return Markup("")
    days = [Point(_day(point.label), point.value) for point in points]
    if len(days) <= DAYS and all(day.label for day in days):
        drawn, height = _columns(days), 132
    else:
        drawn, height = _bars(points[:BARS]), ROW * min(len(points), BARS) + 4
    values = [point.value for point in points]
    return Markup(
        '<svg class="chart" role="img" viewBox="0 0 {w} {h}" width="{w}" height="{h}"'
        ' aria-labelledby="{n}-title" aria-describedby="{n}-desc">'
        '<title id="{n}-title">{title}</title><desc id="{n}-desc">{desc}</desc>{drawn}</svg>'
    ).format(
        w=WIDTH,
        h=height,
        n=name,
        title=metric.title,
        desc=f"{len(values)} values, from {number(min(values))} to {number(max(values))}.",
        drawn=drawn,
    )


def _columns(points: Sequence[Point]) -> Markup:
    low, high = _span(points)
    slot, scale = WIDTH / len(points), 88 / (high - low)
    zero = 106 + low * scale
    parts = [Markup('<path class="axis" d="M0 {0:.1f}H{1}"/>').format(zero, WIDTH)]
    for index, (label, value) in enumerate(points):
        left, top = index * slot, zero - max(value, 0) * scale
        parts.append(_bar(left + slot * 0.14, top, slot * 0.72, abs(value) * scale))
        if len(points) <= WEEK or index in (0, len(points) - 1):
            middle, anchor = _held(left + slot / 2)
            parts.append(_text(middle, top - 6, f"value {anchor}", compact(value)))
            parts.append(_text(middle, 126, f"label {anchor}", label))
    return _joined(parts)


def _bars(points: Sequence[Point]) -> Markup:
    low, high = _span(points)
    scale = 130 / (high - low)
    zero = 112 - low * scale
    parts = [Markup('<path class="axis" d="M{:.1f} 2V{}"/>').format(zero, len(points) * ROW + 2)]
    for index, (label, value) in enumerate(points):
        top, right = index * ROW, zero + max(value, 0) * scale
        parts.append(_text(0, top + 18, "label", _short(label)))
        parts.append(_bar(zero + min(value, 0) * scale, top + 6, abs(value) * scale, 16))
        parts.append(_text(right + 6, top + 18, "value", compact(value)))
    return _joined(parts)


def _held(x: float) -> tuple[float, str]:
    """Where a label is put that should be centred at x, so that the edge does not cut it."""
    if x < EDGE:
        return 0, "start"
    return (WIDTH, "end") if x > WIDTH - EDGE else (x, "middle")


def compact(value: float) -> str:
    """A number short enough to stand on a bar: 12,300 becomes 12.3k."""
    if abs(value) >= 1_000_000:
        return f"{value / 1_000_000:,.1f}M"
    if abs(value) >= 10_000:
        return f"{value / 1000:,.1f}k"
    return number(value)


def _span(points: Sequence[Point]) -> tuple[float, float]:
    """The lowest and the highest value, zero always between them and never one alone."""
    low = min(0.0, *(point.value for point in points))
    high = max(0.0, *(point.value for point in points))
    return (low, high) if high > low else (0.0, 1.0)


def _bar(x: float, y: float, width: float, height: float) -> Markup:
    return Markup(
        '<rect class="bar" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>'
    ).format(x, y, width, height)


def _text(x: float, y: float, kind: str, text: str) -> Markup:
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}">{}</text>').format(kind, x, y, text)


def _short(label: str) -> str:
    return label if len(label) <= 17 else label[:16] + "…"


def _day(label: str) -> str:
    """An ISO date as it is said, `14 Nov`; empty where the label is no date."""
    try:
        day = date.fromisoformat(label[:10])
    except ValueError:
        return ""
    return f"{day.day} {day:%b}"


def _joined(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)
