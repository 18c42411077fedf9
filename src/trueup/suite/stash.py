"""What pytest's configuration holds of ours, by key."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from trueup.model.invariant import Declared
    from trueup.suite.asking import Asking, Finished
    from trueup.suite.recorder import Recorder

# Pytest loads this module every time; what makes a run, only where one is asked for.

ASKING: "pytest.StashKey[Asking]" = pytest.StashKey()
RECORDER: "pytest.StashKey[Recorder]" = pytest.StashKey()
NAMED: "pytest.StashKey[dict[str, Declared]]" = pytest.StashKey()
"""The invariants that were collected, by their ids: no two may have the same."""

BRIEF: "pytest.StashKey[bool]" = pytest.StashKey()
"""Whether whoever asked for the run tells where its page is, and what to do next."""

RUN: "pytest.StashKey[Finished | None]" = pytest.StashKey()
"""The run once it is made, for whoever shows it."""
