"""
Add the older meters of a month to the newest, which the application goes on with, and delete them.

Its period stays as the server's zone has it: another would not be found, and a third meter begun.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from trueup import Delete, Update
from trueup.model.change import Change
from trueup.model.invariant import Row
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 500

METERS = """
    select newest.id as newest, meter.id, meter.metric_value
    from usage_metrics as newest
    join usage_metrics as meter
      on meter.user_id = newest.user_id and meter.metric_type = newest.metric_type
      and date_trunc('month', meter.period_start at time zone 'UTC' + interval '14 hours')
        = date_trunc('month', newest.period_start at time zone 'UTC' + interval '14 hours')
    where newest.id = any(:ids)
    order by newest.id, meter.id
"""


def plan(violations: Sequence[Violation], primary: Reader) -> Iterator[Change]:
    """All meters of a month together, so that nothing is counted twice or lost."""
    months: dict[object, list[Row]] = defaultdict(list)
    for meter in primary.rows(METERS, ids=[month["id"] for month in violations]):
        months[meter["newest"]].append(meter)
    for month in violations:
        meters = months[month["id"]]
        used = sum(int(str(meter["metric_value"])) for meter in meters)
        for meter in meters:
            key, expect = {"id": meter["id"]}, {"metric_value": meter["metric_value"]}
            if meter["id"] == month["id"]:
                yield Update("usage_metrics", key=key, expect=expect, set={"metric_value": used})
            else:
                yield Delete("usage_metrics", key=key, expect=expect)
