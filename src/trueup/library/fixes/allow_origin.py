"""
Let the API answer the site's own pages, and nobody else's with a user's cookies.

Browsers enforce it; the API says whom.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 10
STEPS = True

GUIDE = """
settle which pages may ask the API: {trouble} (asked as {origin}, allowed: {allowed})

Set the API's list of allowed origins to the site's own, exactly: scheme, host, port, no slash at
the end. Never repeat whatever origin asks together with credentials.

Deploy, and open the site in a browser with its console.

trueup check --env production -k allows
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One origin each."""
    for origin in violations:
        yield written(GUIDE, origin)
