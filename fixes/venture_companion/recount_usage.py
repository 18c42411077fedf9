"""
Set the month's meter of runs to the runs that were kept.

Where that is more than the tier allows in this month, the user would be refused at once for what
the meter never told them: then it is for a person to decide.
"""

from collections.abc import Iterator, Sequence

from trueup import Update
from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 500

METERS = """
    select id, metric_value
    from usage_metrics
    where id = any(:ids)
    order by id
"""

OVER = """
decide about a user who ran {recorded} times this month, of {allowed} that their tier allows

The meter {id} says {metered}, so nobody refused them. To set it right refuses them from now on.

If they shall be refused until the month ends: update usage_metrics
set metric_value = metric_value + ({recorded} - {metered}) where id = {id:literal};

If they shall go on: delete from usage_metrics where id = {id:literal}; a new meter begins.

select metric_value from usage_metrics where id = {id:literal};
"""


def plan(violations: Sequence[Violation], primary: Reader) -> Iterator[Change]:
    """The newest meter of the month gets what is missing from all of them."""
    asked = primary.rows(METERS, ids=[month["id"] for month in violations])
    meters = {meter["id"]: int(str(meter["metric_value"])) for meter in asked}
    for month in violations:
        recorded, metered = int(str(month["recorded"])), int(str(month["metered"]))
        allowed = month["allowed"]
        if allowed is not None and -1 < int(str(allowed)) < recorded:
            yield written(OVER, month)
            continue
        value = meters[month["id"]]
        yield Update(
            "usage_metrics",
            key={"id": month["id"]},
            expect={"metric_value": value},
            set={"metric_value": value + recorded - metered},
        )
