"""
Let a sign-in provider send people back to the site itself.

The application takes its own address from a variable, which a move or a preview leaves behind.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 5
STEPS = True

GUIDE = """
correct the callback of {provider}: it goes to {callback}, and the site is {ours}

Set NEXTAUTH_URL to the site's address, with https, and deploy.

In the provider's console, list https://{ours}/api/auth/callback/{provider} among the redirects, and
take out those of hosts that are not ours.

Sign in with it once.

trueup check --env production -k oauth_callback
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One provider each."""
    for provider in violations:
        yield written(GUIDE, provider)
