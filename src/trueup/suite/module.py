"""A module of invariants in pytest, imported once however often it is looked at."""

from typing import Any

import pytest

from trueup import catalog


class InvariantModule(pytest.Module):
    """A module that the catalog may have imported already; pytest would import it once more."""

    def _getobj(self) -> Any:
        found = catalog.loaded(self.path)
        if found is not None:
            return found
        try:
            return super()._getobj()  # type: ignore[no-untyped-call]  # as pytest has it
        except SystemExit:  # it would end the run, with whatever it says
            raise self.CollectError("trueup: the module exits where it is imported") from None
