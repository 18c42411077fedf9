"""A module of invariants in pytest, imported once however often it is looked at."""

from collections.abc import Iterable
from typing import Any

import pytest

from trueup import catalog
from trueup.errors import CatalogError
from trueup.suite.item import is_of_invariants, listed
from trueup.suite.stash import ASKING


class InvariantModule(pytest.Module):
    """A module that was imported to ask ahead; pytest would import it once more."""

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """Make the items of what the process that asks has listed, and look at nothing else."""
        asking = self.config.stash[ASKING]
        found = asking.listed(self.path)
        if found is None or any(map(self._is_a_test, found.names)):
            return self._collected()
        return [listed(self, one, asking) for one in found.invariants]

    def _collected(self) -> list[pytest.Item | pytest.Collector]:
        """What pytest finds, but a file of invariants without any looks as if all of them held."""
        found = list(super().collect())
        if is_of_invariants(self.path):
            try:
                catalog.refuse_none(self.path, [one for one in found if hasattr(one, "invariant")])
            except CatalogError as error:
                raise self.CollectError(f"trueup: {error}") from None
        return found

    def _is_a_test(self, name: str) -> bool:
        return self.funcnamefilter(name) or self.classnamefilter(name)

    def _getobj(self) -> Any:
        found = catalog.loaded(self.path)
        if found is not None:
            return found
        try:
            return super()._getobj()  # type: ignore[no-untyped-call]  # as pytest has it
        except SystemExit:  # it would end the run, with whatever it says
            raise self.CollectError("trueup: the module exits where it is imported") from None
