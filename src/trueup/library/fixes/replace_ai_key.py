"""
Replace the key of the AI provider, or the model that is no longer there.

A key that was refused is revoked, of another project, or in the wrong variable.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 5
STEPS = True

GUIDE = """
have the AI answer again: {what} {trouble}

Where the key is refused: make a new one in the provider's dashboard, for the production project,
set it where the application runs and where Trueup runs, and revoke the old one.

Where a model is not there: see the provider's list of retired models, allow the model for the
project, or deploy the application with its successor and change openai.models in the settings.

See that there is money: Billing, and the limits of the month.

trueup check --env production -k ai_key
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One key or model each."""
    for key in violations:
        yield written(GUIDE, key)
