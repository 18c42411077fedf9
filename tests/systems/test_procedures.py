"""Procedures of the systems: an operator types a row, and the rails are those of every fix."""

import pytest
from psycopg.rows import dict_row

from systems import procedure, scenes
from systems.procedure import Procedure
from trueup import catalog
from trueup.errors import PlanError
from trueup.primary import typed

PROCEDURES = [
    pytest.param(system, one, id=f"{system}.{one.fix}")
    for system, one in procedure.of_all_systems()
]


def _typed(scene, asked: Procedure):
    words = [f"{name}={value}" for name, value in asked.typed.items()]
    if asked.chosen:
        with scene.database.connect() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            [chosen] = cursor.execute(asked.chosen.encode()).fetchall()
        words += [f"{name}={value}" for name, value in chosen.items()]
    found = catalog.find_fix(scene.project.root, scene.system, asked.fix)
    return typed.checked(found, typed.from_words(words))


@pytest.mark.parametrize(("system", "asked"), PROCEDURES)
def test_a_procedure_goes_there_and_back(scene, system: str, asked: Procedure) -> None:
    found = scene(system)
    found.plant()
    before = found.bytes()

    plan = found.plan(asked.fix, rows=_typed(found, asked))
    applied = found.apply(plan)

    assert (applied.exit_code, len(applied.moved) > 0) == (0, True)
    assert found.bytes() != before
    assert scenes.named(found.outcomes()) == {}
    assert len(found.apply(plan).moved) == 0
    for entry in reversed(applied.entries):
        found.apply(found.plan_undo(entry))
    assert found.bytes() == before


def test_a_procedure_refuses_whom_it_does_not_know(scene) -> None:
    found = scene("studybuddy")
    nobody = "user_id=00000000-0000-0000-0000-00000000dead"
    for fix, says in (
        ("enable_user", "has no profile"),
        ("delete_user", "there is no user"),
    ):
        known = catalog.find_fix(found.project.root, "studybuddy", fix)
        with pytest.raises(PlanError, match=says):
            found.plan(fix, rows=typed.checked(known, typed.from_words([nobody])))
