"""Asking an invariant that a builder returned."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from fix_database import Database
from trueup.evaluate import evaluate
from trueup.model.invariant import Invariant
from trueup.model.verdict import Outcome
from trueup.readers.http import probe
from trueup.readers.http.probe import Http
from trueup.readers.storage.reader import Storage
from trueup.replica.connection import connect
from trueup.replica.dsn import Dsn
from trueup.replica.visitor import Visitor
from trueup.sample.site.server import Served
from trueup.sample.site.site import Site

NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def ask(reading) -> Callable[..., Outcome]:
    """The outcome of one invariant on the standby."""

    def outcome(found: Invariant, **resources: object) -> Outcome:
        named = found.named("app", "test_it", Path(__file__))
        with reading() as reader:
            return evaluate(named, {"replica": reader, "settings": {}, "now": NOW, **resources})

    return outcome


@pytest.fixture
def site() -> Site:
    """What addresses outside answer."""
    return Site()


@pytest.fixture
def outside(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Outcome]]:
    """The outcome of one invariant that asks the site's addresses, and no database."""
    monkeypatch.setattr(probe, "PAUSE", 0.0)
    with ExitStack() as held:

        def outcome(found: Invariant, **resources: object) -> Outcome:
            site.save(tmp_path / "app.site.json")
            served = held.enter_context(Served(tmp_path / "app.site.json"))
            http = held.enter_context(closing(Http(served.addresses)))
            named = found.named("app", "test_it", Path(__file__))
            return evaluate(named, {"http": http, "settings": {}, "now": NOW, **resources})

        yield outcome


@pytest.fixture
def storage_of(tmp_path: Path) -> Iterator[Callable[[Site], Storage]]:
    """The buckets of a site as they are by then, listed anew by each that is made."""
    with ExitStack() as held:

        def made(site: Site) -> Storage:
            site.save(tmp_path / "app.site.json")
            served = held.enter_context(Served(tmp_path / "app.site.json"))
            folder = Path(held.enter_context(TemporaryDirectory()))
            return held.enter_context(closing(Storage(served.buckets, folder)))

        yield made


@pytest.fixture
def visitor(database: Database) -> Iterator[Visitor]:
    """Somebody who may become anon or authenticated on the standby."""
    dsn = Dsn(database.url("authenticator"), "the test's visitor")
    visiting = Visitor(connect(dsn, standby=True, application="trueup/test"))
    yield visiting
    visiting.close()
