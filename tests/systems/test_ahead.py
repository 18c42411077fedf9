"""Every system with everything broken at once: ahead says what alone is said."""

import pytest
from msgspec.structs import replace

from systems import scenes
from systems.test_round_trips import LIVE
from trueup.config import Config, EnvironmentConfig, Project
from trueup.model.invariant import Invariant
from trueup.model.verdict import Outcome
from trueup.sample import CLOCK
from trueup.settings import Settings
from trueup.suite.opened import Systems

HERE = "here"


@pytest.mark.parametrize("broken", [False, True])
@pytest.mark.parametrize("system", scenes.systems())
def test_what_is_found_ahead_is_what_is_found_alone(
    scene, system: str, broken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = scene(system)
    if broken:
        found.plant(*(fault for of, fault in scenes.all_faults() if of == system))
    monkeypatch.setenv("HERE_REPLICA_URL", found.database.url())
    run = Systems.of(pointed(system, found.settings), HERE, (system,), "test")

    run.begin(found.invariants, CLOCK)
    ahead = [(one, run._aheads[system].outcome(one)) for one in found.invariants]
    known = [(one, outcome) for one, outcome in ahead if outcome is not None]
    alone = [(one, run._evaluated(one, CLOCK)) for one, _ in known]
    run.close()

    assert len(known) >= len(found.invariants) / 3
    for one, other in zip(known, alone, strict=True):
        assert one[0].name in LIVE or said(*one) == said(*other)


def said(one: Invariant, outcome: Outcome) -> tuple[object, ...]:
    """All that a report takes from an outcome, but for how long it took."""
    rows = sorted(str(sorted(dict(found.row).items(), key=str)) for found in outcome.violations)
    keys = sorted(found.key for found in outcome.violations)
    return (
        one.id, outcome.verdict, outcome.reason, outcome.count, outcome.counted_all, keys, rows,
        outcome.printable if rows else None, outcome.judged, outcome.sql, outcome.snapshot,
    )  # fmt: skip


def pointed(system: str, settings: Settings) -> Project:
    """The project, with an environment of the system that leads to the scene's replica."""
    project = scenes.project()
    here = {HERE: EnvironmentConfig(replica="HERE_REPLICA_URL")}
    config = replace(project.system(system), environments=here, settings=settings)
    return Project(project.root, Config(systems={system: config}))
