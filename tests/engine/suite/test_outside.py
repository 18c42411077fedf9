"""What is outside, as a run asks it: no longer than a transaction may be held."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, current_thread
from typing import Any

import pytest

from fix_database import Database
from fix_systems import FREE, GOODS, NOW, Opened
from trueup import invariant
from trueup.model.invariant import Ask, Invariant, Row
from trueup.model.verdict import Verdict
from trueup.readers.http import probe
from trueup.readers.storage import reader
from trueup.readers.storage.listing import listed
from trueup.sample.site import Site
from trueup.sample.site.keys import READER, SECRETS
from trueup.sample.site.server import Served
from trueup.suite.queue import Queue
from trueup.suite.source import Source

HERE = Path(__file__)
PATIENCE = 20.0


def declared(ask: Ask, **given: object) -> Invariant:
    """An invariant of the shop."""
    ask.__doc__ = "Somebody is harmed."
    options = {"severity": "P1", "over": "goods", "fix": "none"} | given
    found = invariant(**options)(ask)  # type: ignore[arg-type]  # each as the test says
    return found.named("shop", "test_it", Path(__file__))


def asking(http: object) -> Iterable[Row]:
    """Ask an API, and nothing of the database."""
    http.ask("api", "/")  # type: ignore[attr-defined]  # it is the reader of addresses
    return []


def asking_both(replica: object, http: object) -> Iterable[Row]:
    """Ask an API while a transaction is open."""
    return asking(http)


def stored(replica: object, storage: object) -> Iterable[Row]:
    """Judge a bucket by the database."""
    return []


@pytest.fixture
def site() -> Site:
    """What is outside of the shop."""
    return Site()


def test_whoever_holds_a_transaction_waits_for_addresses_no_longer_than_that(
    database: Database, systems: Opened, site: Site, tmp_path: Path, monkeypatch
) -> None:
    database.execute(GOODS)
    waited: list[float] = []
    monkeypatch.setattr(probe, "sleep", waited.append)
    monkeypatch.setattr(probe, "HELD", 3.0)
    site.answer("api", "GET", "/", status=429, headers={"Retry-After": "5"})
    site.save(tmp_path / "site.json")
    with Served(tmp_path / "site.json") as found:
        shop = systems(more=f'addresses.api = "{found.urls["api"]}"')
        held = shop.outcome(declared(asking_both), NOW)
        free = shop.outcome(declared(asking, over={"probes": "http.api"}), NOW)

    assert held.verdict is free.verdict is Verdict.UNKNOWN
    assert "it says to come again in 5 s" in held.reason
    assert "is asked too often (429); run again later" in free.reason
    assert waited == [5.0], "only whoever holds nothing has waited"


@contextmanager
def photos(site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket of two photos, as trueup.toml names it."""
    monkeypatch.setenv("SHOP_S3_USER", READER)
    monkeypatch.setenv("SHOP_S3_KEY", SECRETS[READER])
    site.store("photos", "a.png", "b.png", size=1, modified=NOW)
    site.save(folder / "site.json")
    with Served(folder / "site.json") as found:
        yield (
            f'storage.shots = {{ url = "{found.urls["s3"]}", bucket = "photos",'
            ' user = "SHOP_S3_USER", key = "SHOP_S3_KEY" }'
        )


def test_a_bucket_is_listed_while_the_database_is_asked(
    database: Database, systems: Opened, site: Site, tmp_path: Path, monkeypatch
) -> None:
    database.execute(GOODS)
    by: list[str] = []

    def noted(*given: Any) -> Any:
        by.append(current_thread().name)
        return listed(*given)

    monkeypatch.setattr(reader, "listed", noted)
    with photos(site, tmp_path, monkeypatch) as more:
        shop = systems(more=more)
        judging = declared(stored, over={"shots": "storage.shots"})
        shop.begin([judging], NOW)
        outcome = shop.outcome(judging, NOW)

    assert outcome.judged == {"shots": 2}
    assert by == ["trueup-beside"], "once, and not by whoever evaluates"


def test_an_address_is_asked_while_the_database_is(
    database: Database, systems: Opened, site: Site, tmp_path: Path, monkeypatch
) -> None:
    database.execute(GOODS)
    answered = Event()
    more = Queue.more

    def late(self: Queue) -> Any:
        answered.wait(PATIENCE)
        return more(self)

    def note(*_: object) -> None:
        answered.set()

    monkeypatch.setattr(Queue, "more", late)
    site.answer("api", "GET", "/", status=200)
    site.save(tmp_path / "site.json")
    with Served(tmp_path / "site.json") as found:
        shop = systems(more=f'addresses.api = "{found.urls["api"]}"')
        probing = declared(asking, over={"probes": "http.api"}).named("shop", "test_api", HERE)
        monkeypatch.setattr(probe.Http, "ask", note)
        shop.begin([FREE, probing], NOW)
        first = shop.outcome(FREE, NOW)

        assert answered.is_set()
        assert first.verdict is Verdict.HOLDS
        monkeypatch.setattr(probe.Http, "ask", lambda *_: pytest.fail("it was asked twice"))
        second = shop.outcome(probing, NOW)

    assert (second.verdict, second.judged) == (Verdict.HOLDS, {"probes": 1})


def test_an_address_that_only_others_ask_is_left_alone(
    database: Database, systems: Opened, site: Site, tmp_path: Path, monkeypatch
) -> None:
    database.execute(GOODS)
    probing = declared(asking, over={"probes": "http.api"}).named("shop", "test_api", HERE)
    monkeypatch.setattr(probe.Http, "ask", lambda *_: pytest.fail("it was deselected"))
    shop = systems(more='addresses.api = "http://127.0.0.1:9"')
    shop.begin([FREE, probing], NOW)
    shop.begin([FREE], NOW)

    assert shop._probes["shop"].one() is False
    assert shop.outcome(FREE, NOW).verdict is Verdict.HOLDS


def test_what_cannot_be_listed_beside_is_told_at_its_turn(
    database: Database, systems: Opened, site: Site, tmp_path: Path, monkeypatch
) -> None:
    database.execute(GOODS)
    with photos(site, tmp_path, monkeypatch) as more:
        monkeypatch.setenv("SHOP_S3_KEY", "wrong")
        shop = systems(more=more)
        judging = declared(stored, over={"shots": "storage.shots"})
        alone = systems(more=more).outcome(judging, NOW)
        shop.begin([judging], NOW)
        outcome = shop.outcome(judging, NOW)

    assert outcome.verdict is Verdict.UNKNOWN
    assert (outcome.reason, outcome.remedy) == (alone.reason, alone.remedy)


def test_a_bucket_is_listed_before_a_transaction_is_opened(
    database: Database, systems: Opened, site: Site, tmp_path: Path, monkeypatch
) -> None:
    database.execute(GOODS)
    order: list[str] = []

    def noting(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*given: object) -> Any:
            order.append(name)
            return real(*given)

        return noted

    monkeypatch.setattr(reader, "listed", noting("listed", listed))
    monkeypatch.setattr(Source, "asked", noting("asked", Source.asked))
    with photos(site, tmp_path, monkeypatch) as more:
        shop = systems(more=more)
        outcome = shop.outcome(declared(stored, over={"shots": "storage.shots"}), NOW)

    assert outcome.verdict is Verdict.HOLDS
    assert outcome.judged == {"shots": 2}
    assert order == ["listed", "asked"]
