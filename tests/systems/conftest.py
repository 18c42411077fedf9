"""A system of the sample, loaded once for all tests of this process."""

from collections.abc import Callable
from functools import cache

import pytest

from systems import scenes
from trueup.sample import Cluster
from trueup.sample import systems as worlds


@pytest.fixture(scope="session")
def scene(cluster: Cluster) -> Callable[[str], scenes.Scene]:
    """The scene of a system, by its name."""

    @cache
    def load(system: str) -> scenes.Scene:
        worlds.load(cluster, scenes.folder(system))
        return scenes.Scene(scenes.project(), cluster, system)

    return load
