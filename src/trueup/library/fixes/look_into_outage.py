"""
Find out why a service does not answer as it should, and bring it back.

What to look at first, in the order in which it is most often the cause.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 50
STEPS = True

GUIDE = """
bring {what} back: {trouble}

See whether the last deployment is the cause: what was deployed, and when did this begin? If it is,
roll it back first and look for the reason afterwards.

See the service's own log, and its platform's status page.

See whether what it needs answers: its database (trueup check shows that), and services outside.

trueup check --env production -k healthy
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One probe each."""
    for probe in violations:
        yield written(GUIDE, {"what": probe.get("url", probe.get("path")), **probe})
