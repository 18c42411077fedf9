"""What a report says beside the verdicts, found while those are made: the past, and figures."""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from threading import Thread

from trueup.ahead.draft import HERE
from trueup.catalog import INVARIANTS, metrics
from trueup.history.compared import Compared
from trueup.history.folder import runs
from trueup.history.past import REMEMBERED
from trueup.model.metric import Metric
from trueup.model.run import Mended, MetricRecord
from trueup.suite.active import Active
from trueup.suite.mended import mended, since
from trueup.suite.metrics import measure


class Meanwhile:
    """
    A thread that reads the earlier runs, and asks what was mended since and what metrics ask.

    Metrics that need more than the replica are measured in the end: what they need is not to be
    shared with whoever evaluates. Everything here is read after `wait`.
    """

    def __init__(self, active: Active, wanted: Sequence[Metric]) -> None:
        self._active = active
        self._metrics = wanted
        self._error: BaseException | None = None
        self._measured: dict[Metric, MetricRecord] = {}
        self.earlier: list[Compared] = []
        self.moment: datetime | None = None
        self.mended: tuple[Mended, ...] = ()
        self._thread = Thread(target=self._work, name="trueup-meanwhile", daemon=True)
        self._thread.start()

    @classmethod
    def of(cls, active: Active, selection: str) -> "Meanwhile":
        """With all metrics of the run's systems, unless a selection was made."""
        home = active.project.root / INVARIANTS
        names = () if selection else active.systems.environments
        return cls(active, [found for name in names for found in metrics(home / name)])

    def wait(self) -> None:
        """Wait for all of it; raises what went wrong there."""
        self._thread.join()
        if self._error is not None:
            raise self._error

    def measured(self) -> tuple[MetricRecord, ...]:
        """Every metric, in its order."""
        left = [one for one in self._metrics if one not in self._measured]
        self._measure(left)
        return tuple(self._measured[one] for one in self._metrics)

    def _work(self) -> None:
        active = self._active
        try:
            self.earlier = list(islice(runs(active.history, active.environment), REMEMBERED))
            self.moment = since(self.earlier)
            self.mended = mended(active.systems, self.moment)
            self._measure([one for one in self._metrics if HERE.issuperset(one.asks)])
        except BaseException as error:  # noqa: BLE001  # raised where it is waited for
            self._error = error

    def _measure(self, metrics: Sequence[Metric]) -> None:
        found = measure(self._active.systems, metrics, self._active.moment.now)
        self._measured |= dict(zip(metrics, found, strict=True))
