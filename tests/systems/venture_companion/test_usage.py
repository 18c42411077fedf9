"""Cursor Venture Companion's usage, where no fault can say it: nothing is metered at all."""

from systems.scenes import Scene
from trueup.model.verdict import Verdict

METERED = (
    "usage_stays_within_the_tier",
    "metered_runs_cover_recorded_runs",
    "each_month_is_metered_once",
)


def test_where_nothing_is_metered_nothing_was_judged(scene) -> None:
    found: Scene = scene("venture_companion")
    found.plant()
    found.database.execute("truncate usage_metrics")

    outcomes = found.outcomes()

    assert {outcomes[name].verdict for name in METERED} == {Verdict.UNKNOWN}
