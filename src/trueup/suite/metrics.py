"""The metrics of a run: numbers beside the verdicts, and never one."""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime

from trueup.errors import ReplicaError
from trueup.model.invariant import Row
from trueup.model.metric import Metric
from trueup.model.run import MetricRecord
from trueup.replica.reader import Reader
from trueup.suite.opened import Systems


def measure(systems: Systems, metrics: Sequence[Metric], now: datetime) -> tuple[MetricRecord, ...]:
    """Ask each metric; one that cannot be asked says why instead of a number."""
    return tuple(_record(systems, metric, now) for metric in metrics)


def _record(systems: Systems, metric: Metric, now: datetime) -> MetricRecord:
    points: tuple[tuple[str, float], ...] = ()
    reason = ""
    try:
        points = systems.asked(metric.system, lambda reader: _asked(systems, metric, now, reader))
    except ReplicaError as error:
        reason = str(error)
    return MetricRecord(
        system=metric.system,
        name=metric.name,
        title=metric.title,
        unit=metric.unit,
        note=metric.note,
        points=points,
        reason=reason,
    )


def _asked(
    systems: Systems, metric: Metric, now: datetime, reader: Reader
) -> tuple[tuple[str, float], ...]:
    given = systems.resources(metric.system, now, ()) | {"replica": reader}
    return tuple(_points(list(metric.ask(**{name: given[name] for name in metric.asks}))))


def _points(rows: list[Row]) -> Iterator[tuple[str, float]]:
    for row in rows:
        *label, value = row.values()
        if value is not None and math.isfinite(float(str(value))):
            yield _label(label), float(str(value))


def _label(parts: list[object]) -> str:
    return " ".join(
        f"{part:%Y-%m-%d}" if isinstance(part, datetime) else str(part) for part in parts
    )
