"""
Find out how somebody could use more than their tier allows; whoever meant well can be reset.

Limits are asked for before the work: what begins just below one ends above it. A few tokens more
are no theft.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 500
STEPS = True

GUIDE = """
find out why {used} {metric_type} were used this month, of {allowed} that the tier {tier} allows

See who it is, and what they pay: select profile.id, subscription_status, subscription_tier,
stripe_customer_id from user_profiles as profile join usage_metrics as usage
on usage.user_id = profile.user_id where usage.id = {id:literal};

If it is far above: see that the route behind it calls checkLimit() before it begins, and whether a
client of its own calls it.

If they pay for more, plan `venture_companion.sync_profile_from_stripe`, or
`venture_companion.set_subscription`. If they may go on until the month ends, plan
`venture_companion.reset_usage --only {id}`.

select sum(metric_value) from usage_metrics where (user_id, metric_type) =
(select user_id, metric_type from usage_metrics where id = {id:literal});
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One user and metric each."""
    for used in violations:
        yield written(GUIDE, used)
