"""The metrics of a run: numbers beside the verdicts, and never one."""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime

from trueup.errors import NotApplicable, TrueupError
from trueup.model.invariant import Row
from trueup.model.metric import Metric
from trueup.model.run import MetricRecord
from trueup.suite.opened import Systems


def measure(systems: Systems, metrics: Sequence[Metric], now: datetime) -> tuple[MetricRecord, ...]:
    """Ask each metric; one that cannot be asked says why instead of a number."""
    return tuple(_record(systems, metric, now) for metric in metrics)


def _record(systems: Systems, metric: Metric, now: datetime) -> MetricRecord:
    points: tuple[tuple[str, float], ...] = ()
    reason = ""
    try:
        points = _measured(systems, metric, now)
    except TrueupError as error:
        reason = str(error)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  # one author's mistake costs no other's verdict
        reason = (
            f"the metric itself failed with {type(error).__name__}; its words are not shown, since"
            " they may come from a row"
        )
    return MetricRecord(
        system=metric.system,
        name=metric.name,
        title=metric.title,
        unit=metric.unit,
        note=metric.note,
        points=points,
        reason=reason,
    )


def _measured(systems: Systems, metric: Metric, now: datetime) -> tuple[tuple[str, float], ...]:
    """One that does not read the database holds no transaction while it asks elsewhere."""
    given = systems.resources(metric.system, now, metric.asks)
    if "stripe" in metric.asks and given["stripe"] is None:
        raise NotApplicable("this environment names no Stripe account")

    def ask(more: dict[str, object]) -> tuple[tuple[str, float], ...]:
        known = given | more
        return tuple(_points(list(metric.ask(**{name: known[name] for name in metric.asks}))))

    if "replica" not in metric.asks:
        return ask({})
    return systems.asked(metric.system, lambda reader: ask({"replica": reader}))


def _points(rows: list[Row]) -> Iterator[tuple[str, float]]:
    for row in rows:
        *label, value = row.values()
        if value is not None and math.isfinite(float(str(value))):
            yield _label(label), float(str(value))


def _label(parts: list[object]) -> str:
    return " ".join(
        f"{part:%Y-%m-%d}" if isinstance(part, datetime) else str(part) for part in parts
    )
