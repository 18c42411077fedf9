"""
Change a secret that is older than it may be, and write down that it was.

Two are valid for a while where the service can have two, so that nobody is signed out.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 50
STEPS = True

GUIDE = """
change {secret}, of {changed}

Make a new one where it comes from (`openssl rand -base64 32`, or its provider's dashboard). Where
two may be valid at once, let the old one be so until the last step.

Give it to everything that reads {secret}: the variables of every deployment, of CI, of local files.
Deploy, and see that people can still sign in.

Revoke the old one. Where it signs sessions or tokens, those of before are no longer accepted: say
so beforehand.

Write the day into trueup.toml: {secret} in the system's settings.secrets, in the same change that
says who did it.

trueup check -k secret --env production  # holds
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One secret each."""
    for secret in violations:
        yield written(GUIDE, secret)
