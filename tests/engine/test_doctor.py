"""The doctor says what an environment is like, and what mends it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fix_database import Database
from trueup import doctor
from trueup.environment import Environment
from trueup.primary import journal
from trueup.replica.connection import Dsn
from trueup.replica.guard import Limits


@pytest.fixture
def environment(database: Database) -> Environment:
    """A staging environment that lacks only its journal."""
    return Environment(
        system="shop",
        title="Shop",
        name="staging",
        replica=Dsn(database.url(), "SHOP_REPLICA_URL"),
        primary=Dsn(database.url("trueup_fixer", "primary"), "SHOP_PRIMARY_URL"),
        visitor=Dsn(database.url("authenticator"), "SHOP_VISITOR_URL"),
        owner=Dsn(database.url("postgres", "primary"), "SHOP_OWNER_URL"),
        primary_allowed=False,
        clock=None,
        limits=Limits(),
        max_lag=timedelta(minutes=5),
        prove_within=2,
        settings={},
        unset={},
    )


def ills(environment: Environment) -> list[str]:
    """Everything that is not well, with its remedy."""
    return [f"{t.words}; {t.remedy}" for t in doctor.examine(environment) if not t.well]


def test_a_whole_environment_is_well(environment: Environment) -> None:
    journal.install(environment.needs("owner", environment.owner), "trueup_fixer")

    assert ills(environment) == []


def test_a_missing_journal_comes_with_the_command_that_installs_it(environment) -> None:
    [ill] = ills(environment)

    assert ill.startswith("primary: the journal is missing; ")
    assert ill.endswith("journal install --system shop --env staging --fixer trueup_fixer")


def test_a_primary_in_place_of_the_replica_is_named(environment, database) -> None:
    wrong = replace(environment, replica=Dsn(database.url("trueup_reader", "primary"), "X"))

    assert any("the server is a primary" in ill and "primary_allowed" in ill for ill in ills(wrong))
    allowed = replace(wrong, primary_allowed=True)
    assert not any("the server is a primary" in ill for ill in ills(allowed))


def test_a_standby_in_place_of_the_primary_is_named(environment, database) -> None:
    wrong = replace(environment, primary=Dsn(database.url("trueup_reader"), "X"))

    assert "primary: the server is a standby; give the primary's URL" in ills(wrong)


def test_a_role_is_told_every_line_that_mends_it(environment, database, writer: str) -> None:
    database.execute(
        "create table t (a int); alter table t enable row level security;"
        f"grant select, insert on t to {writer}"
    )
    told = " ".join(ills(replace(environment, replica=Dsn(database.url(writer), "X"))))

    assert "may write public.t; revoke insert, update, delete, truncate on public.t" in told
    assert f'hides rows of public.t; alter role "{writer}" bypassrls;' in told
    assert f'grant pg_monitor to "{writer}";' in told


def test_what_is_not_configured_is_named(environment: Environment) -> None:
    bare = replace(environment, primary=None, visitor=None, unset={"visitor": "SHOP_VISITOR_URL"})

    told = " ".join(ills(bare))

    assert "the variable SHOP_VISITOR_URL is not set" in told
    assert "staging of shop has no primary in trueup.toml" in told
