"""
Roll a secret that was served to browsers, and only then take it out of the page.

Whoever has opened the page has it: to hide it now changes nothing for them.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 50
STEPS = True

GUIDE = """
roll the {secret} that {where} serves to everybody

Make a new one where it comes from, give it to the servers that need it, and revoke the old one now.

Find how it came into the page: a variable whose name begins with NEXT_PUBLIC_, VITE_ or the like is
for browsers. Move what needs it to the server.

See in its own log what was done with it since the page was deployed, by anybody.

trueup check --env production -k secret
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One secret each."""
    for found in violations:
        yield written(GUIDE, found)
