"""Every attack, as three roles, on both servers, through the whole door and beneath it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.attacks.arena import SERVERS, Arena, arena, unchecked
from engine.attacks.attack import LAYERS, Attack, attacks
from engine.attacks.table import PAGE, written
from fix_database import another_database
from patience import until
from trueup import invariant
from trueup.errors import GuardError
from trueup.evaluate import evaluate
from trueup.model.verdict import Verdict
from trueup.replica.session import Session

ATTACKS = attacks()

each = pytest.mark.parametrize("attack", ATTACKS, ids=lambda a: f"{a.kind}-{a.name}")
on_both = pytest.mark.parametrize("server", SERVERS)


@pytest.fixture(scope="module")
def field(cluster) -> Iterator[Arena]:
    """One arena for all: nothing is left behind, or the next attack would say so."""
    folder = Path(tempfile.mkdtemp(prefix="trueup-test-"))
    with another_database(cluster) as database, arena(database, folder) as made:
        yield made
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def doors(field: Arena) -> Iterator[dict[str, Session]]:
    """A reader's session on each server, which no attack may end."""
    opened = {server: field.open("trueup_reader", server) for server in SERVERS}
    yield opened
    for session in opened.values():
        session.close()


def test_there_are_enough_and_each_has_a_name_of_its_own() -> None:
    assert len(ATTACKS) >= 120
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)
    assert {attack.by for attack in ATTACKS} <= LAYERS.keys()


@on_both
def test_whoever_could_write_is_refused_at_the_door(field: Arena, server: str) -> None:
    for role in field.roles[1:]:
        with pytest.raises(GuardError, match="could write"):
            field.open(role, server)


@on_both
@each
def test_as_an_invariant_it_is_unknown_and_says_why(
    field: Arena, doors: dict[str, Session], attack: Attack, server: str
) -> None:
    @invariant(severity="P1", over="treasure", fix="none")
    def test_attacked(replica):
        """Somebody attacks."""
        return replica.rows(attack.sql.replace("{file}", str(field.file)))

    with doors[server].reading() as reader:
        outcome = evaluate(test_attacked, {"replica": reader})

    assert outcome.verdict is Verdict.UNKNOWN
    assert "the SQL" in outcome.reason or "read-only transaction" in outcome.reason


@on_both
@each
def test_it_is_stopped_whoever_asks(
    field: Arena, attack: Attack, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = field.left(server)
    monkeypatch.setattr("trueup.replica.session.refuse_writer", lambda *_: None)

    for role in field.roles:
        session = field.open(role, server)
        assert field.stops(session, attack) == attack.by
        session.close()

    until(lambda: field.left(server) == before)


@on_both
@each
def test_beneath_that_a_reader_is_stopped_again(
    field: Arena, attack: Attack, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = field.left(server)
    monkeypatch.setattr("trueup.replica.reader.statement", unchecked)
    session = field.open("trueup_reader", server)

    found = field.stops(session, attack)
    session.close()

    assert found in attack.beneath[server]
    until(lambda: field.left(server) == before)


def test_the_page_lists_them_all_as_they_are() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert written(page) == page, "stale: run make docs"
