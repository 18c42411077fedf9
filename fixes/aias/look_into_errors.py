"""
Find out what makes calls fail more often than they should, and take it back.

A rate has one cause, more often than not: what was deployed last, or a service that we call.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 5
STEPS = True

GUIDE = """
find out what fails: {errors} errors in {calls} calls within the hour

Group them: select context ->> 'route' as route, severity, count(*) from error_logs
where "timestamp" >= now() - interval '1 hour' group by 1, 2 order by 3 desc limit 20;

See in Vercel what was deployed before they began. If it is the cause, promote the deployment before
it (Deployments, Promote to Production), and look for the reason afterwards.

See whether a service that we call is down: Supabase, Stripe, Resend, each on its status page, and
trueup check --env production -k "healthy or e_mails or webhooks".

See the functions' log in Vercel, and Sentry where it is set up, for what error_logs does not say.

trueup check --env production -k errors_stay_rare
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """The whole hour at once."""
    for rate in violations:
        yield written(GUIDE, rate)
