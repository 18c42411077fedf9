"""A shop to break and mend: its database, with a journal, and a desk at its primary."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.primary.desk import Desk
from fix_database import Database, opened
from trueup.primary import journal_schema
from trueup.primary.session import open_primary
from trueup.replica.dsn import Dsn
from trueup.replica.limits import Limits
from trueup.replica.session import Session

SHOP = (Path(__file__).parent / "shop.sql").read_text()


@pytest.fixture
def shop(database: Database) -> Database:
    """The shop's database, without a journal."""
    database.execute(SHOP)
    return database


@pytest.fixture
def primary_dsn(shop: Database) -> Dsn:
    """The fixer's URL."""
    return Dsn(shop.url("trueup_fixer", "primary"), "the test's primary")


@pytest.fixture
def admin_dsn(shop: Database) -> Dsn:
    """The superuser's URL."""
    return Dsn(shop.url("postgres", "primary"), "the test's owner")


@pytest.fixture
def desk(shop: Database, primary_dsn: Dsn, admin_dsn: Dsn) -> Iterator[Desk]:
    """A desk at the shop's primary, with its journal."""
    journal_schema.install(admin_dsn, "trueup_fixer")
    with open_primary(primary_dsn, Limits()) as primary:
        yield Desk(shop, primary)


@pytest.fixture
def replica(desk: Desk) -> Iterator[Session]:
    """A guarded session on the standby."""
    desk.database.cluster.wait_for_replay()
    with opened(desk.database) as session:
        yield session
