"""
Find out why people cannot sign in.

Wrong passwords come evenly over the day; a cause comes at once.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 5
STEPS = True

GUIDE = """
find out why only {percent} % of {number} {of} succeed

In Supabase: Logs, Auth, the last 24 hours. Group by the error: one that stands out is the cause, as
a provider's expired secret, a redirect that is not allowed, or users with null tokens.

Many wrong passwords for few accounts are somebody guessing: limit their rate under Authentication,
Rate Limits.

See the status page of Supabase, and of the provider that people come from.

trueup check --env production -k sign_ins
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One rate each."""
    for rate in violations:
        yield written(GUIDE, rate)
