"""A module of invariants in pytest, imported once however often it is looked at."""

from pathlib import Path
from typing import Any

import pytest

from trueup import catalog


class LoadedModule(pytest.Module):
    """A module that the catalog has imported; pytest would import it a second time."""

    def _getobj(self) -> Any:
        return catalog.loaded(self.path)


def make_module(path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """The module, None where it is not loaded yet, or what is wrong with it is to be shown."""
    if catalog.loaded(path) is None:
        return None
    module: pytest.Module = LoadedModule.from_parent(parent, path=path)
    return module
