"""
Find out why e-mails do not arrive.

A domain that bounces too much is suspended: what is wrong for some today is wrong for all tomorrow.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 5
STEPS = True

GUIDE = """
find out why only {percent} % of {number} {of} arrive

In Resend: Emails, filtered by bounced, then by complained. One domain of recipients that stands out
has its reasons in the bounce; many different ones point at our own domain.

See that the sending domain is verified: trueup check --env production -k sending_domain

Take addresses that bounced for good out of what is sent regularly.

trueup check --env production -k delivered
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One rate each."""
    for rate in violations:
        yield written(GUIDE, rate)
