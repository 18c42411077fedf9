"""The doctor says what an environment is like, and what mends it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from fix_database import Database, know
from trueup import doctor
from trueup.environment import Environment
from trueup.primary import journal_schema
from trueup.readers.http import probe
from trueup.readers.http.address import Address
from trueup.readers.stripe.account import StripeAccount
from trueup.replica.dsn import Dsn
from trueup.replica.limits import Limits
from trueup.sample.site import Site
from trueup.sample.site.server import Served
from trueup.sample.stripe import Account, StandIn
from trueup.sample.stripe.server import READER

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


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
    journal_schema.install(environment.needs("owner", environment.owner), "trueup_fixer")

    assert ills(environment) == []


def test_a_stripe_account_that_may_be_read_is_well(environment: Environment) -> None:
    with StandIn(Account(NOW)) as stand_in:
        account = StripeAccount(secret=READER, source="KEY", live=False, url=stand_in.url)
        found = list(doctor.examine(replace(environment, stripe=account)))

    said = [one.words for one in found if one.words.startswith("stripe")]
    assert said[0].startswith("stripe: a key of test mode, API version 20")
    assert "stripe: reads subscriptions" in said
    assert "stripe: reads refunds" in said


def test_what_a_stripe_key_may_not_read_is_said(environment: Environment) -> None:
    with StandIn(Account(NOW)) as stand_in:
        stand_in.forbidden = {"refunds"}
        account = StripeAccount(secret=READER, source="KEY", live=False, url=stand_in.url)
        found = ills(replace(environment, stripe=account))

    [ill] = [one for one in found if one.startswith("stripe")]
    assert ill.startswith("stripe: the key may not read refunds; give it that permission")
    assert ill.endswith("what is judged by refunds is unknown without it")


def test_a_stripe_key_that_is_wrong_or_not_there_is_said(environment: Environment) -> None:
    secret = StripeAccount(secret="sk_live_abcdefgh", source="KEY", live=True)
    wrong = ills(replace(environment, stripe=secret))
    unset = ills(replace(environment, unset={"stripe": "KEY"}))

    assert any("KEY is a secret key, which may do anything" in one for one in wrong)
    assert not any("abcdefgh" in one for one in wrong)
    assert "stripe: the variable KEY is not set; its invariants are unknown" in unset


def test_addresses_and_buckets_are_asked_each_by_its_key(
    environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "PAUSE", 0.0)
    site = Site()
    site.answer("api", "GET", "/", json={})
    site.store("photos", "a.png", size=1, modified=NOW)
    site.save(tmp_path / "shop.site.json")
    nowhere = Address(url="http://127.0.0.1:9")
    with Served(tmp_path / "shop.site.json") as served:
        addresses = {
            "api": served.addresses["api"],
            "mail": Address(url="https://mail.example", variable="MAIL_KEY"),
            "gone": nowhere,
        }
        photos = served.buckets["photos"]
        storage = {
            "photos": photos,
            "films": replace(photos, bucket="films"),
            "songs": replace(photos, unset="SONGS_KEY"),
        }
        asked = replace(environment, addresses=addresses, storage=storage)
        told = [
            (one.well, one.words.partition(";")[0])
            for one in doctor.examine(asked)
            if one.words.startswith(("address", "storage"))
        ]

    assert told == [
        (True, "address api: answers (200)"),
        (True, "address mail: MAIL_KEY is not set, so what asks it does not apply"),
        (
            False,
            "address gone: http://127.0.0.1:9/ does not answer: ConnectError, 3 times",
        ),
        (True, "storage photos: lists photos"),
        (False, "storage films: there is no bucket 'films'"),
        (True, "storage songs: SONGS_KEY is not set, so what asks it does not apply"),
    ]


def test_a_missing_journal_comes_with_the_command_that_installs_it(environment) -> None:
    [ill] = ills(environment)

    assert ill.startswith("primary: the journal is not installed; ")
    assert ill.endswith("journal install --system shop --env staging --fixer trueup_fixer")


def test_a_role_of_any_name_is_told_lines_that_can_be_pasted(environment, database) -> None:
    database.cluster.execute("create role \"Shop fixer\" login password 'secret'")
    know(database.cluster, "Shop fixer", "secret")
    url = database.url("Shop fixer", "primary").replace("Shop fixer", "Shop%20fixer")

    told = ills(replace(environment, primary=Dsn(url, "SHOP_PRIMARY_URL")))

    database.cluster.execute('drop role "Shop fixer"')
    assert told[0].endswith("--fixer 'Shop fixer'")
    assert told[1].endswith('grant set on parameter session_replication_role to "Shop fixer";')


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


def test_a_variable_that_is_not_set_is_named(environment: Environment) -> None:
    unset = {"primary": "SHOP_PRIMARY_URL", "visitor": "SHOP_VISITOR_URL"}

    told = " ".join(ills(replace(environment, primary=None, visitor=None, unset=unset)))

    assert "the variable SHOP_VISITOR_URL is not set" in told
    assert "the variable SHOP_PRIMARY_URL is not set" in told


def test_a_runner_that_only_checks_is_well_without_the_rest(environment: Environment) -> None:
    bare = replace(environment, primary=None, visitor=None, owner=None)

    assert ills(bare) == []
    assert "primary: trueup.toml names none, so nothing can be planned" in words(bare)
    assert "visitor: trueup.toml names none, so policies are not evaluated" in words(bare)


def words(environment: Environment) -> str:
    """Everything that is said, well or not."""
    return "\n".join(told.words for told in doctor.examine(environment))


def test_every_part_of_the_way_in_is_told(environment: Environment) -> None:
    said = words(environment)

    for part in (
        "replica: direct",
        "every setting took, and was read back",
        "a standby, PostgreSQL",
        "max_standby_streaming_delay 30s, feedback off",
        "idle, caught up",
        "s from this machine's",
        "can only read",
        "a snapshot can be shared",
    ):
        assert part in said


def test_a_host_that_is_not_loopback_wants_tls(environment: Environment) -> None:
    url = "postgresql://reader:hunter2@db.abcdefghijklmnopqrst.supabase.co.invalid:5432/postgres"
    told = " ".join(ills(replace(environment, replica=Dsn(url, "SHOP_REPLICA_URL"))))

    assert "sslmode=verify-full" in told
    assert "host name is not known" in told
    assert "hunter2" not in told


def test_naive_timestamps_are_counted(environment: Environment, database: Database) -> None:
    database.execute("create table orders (id int, made timestamp, paid timestamptz)")

    assert "1 column is a timestamp without time zone" in words(environment)


def test_what_the_role_may_not_read_is_named(environment, database, writer: str) -> None:
    database.execute(f"create table t (a int); grant pg_monitor to {writer}")

    told = " ".join(ills(replace(environment, replica=Dsn(database.url(writer), "X"))))

    assert f'the role may not read public.t; grant pg_read_all_data to "{writer}";' in told


def test_a_role_with_one_connection_cannot_share_a_snapshot(environment, database, writer) -> None:
    database.execute(f"grant pg_monitor, pg_read_all_data to {writer}")
    database.execute(f"alter role {writer} connection limit 1 bypassrls")

    told = " ".join(ills(replace(environment, replica=Dsn(database.url(writer), "X"))))

    assert "a snapshot cannot be shared" in told
    assert "two connections to one server" in told
