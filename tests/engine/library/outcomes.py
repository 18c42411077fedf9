"""What an outcome says, and what a fix of the library would do about it."""

from importlib import import_module

from trueup.model.change import Change
from trueup.model.verdict import Outcome
from trueup.model.violation import key_text


def keys(outcome: Outcome) -> list[str]:
    """The keys of the violations, in order."""
    return [key_text(violation.key) for violation in outcome.violations]


def planned(name: str, outcome: Outcome, **resources: object) -> list[Change]:
    """The changes that a fix of the library yields for the violations."""
    fix = import_module(f"trueup.library.fixes.{name}")
    return list(fix.plan(outcome.violations, **resources))
