"""
Verify the domain that e-mails are sent from, by its records in the DNS.

A record that was right a year ago is gone after a move to another registrar.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 5
STEPS = True

GUIDE = """
verify the sending domain {domain}: it is {status}

In Resend: Domains. Add the domain where it is not there, and open it: it lists each record of the
DNS, and which of them it does not find.

Set these records where the domain's DNS is, exactly as listed, and press Verify. It may take hours
until everybody sees them.

trueup check --env production -k sending_domain
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One domain each."""
    for domain in violations:
        yield written(GUIDE, domain)
