"""Connections that are lost or never made: looked at again where that may help, else unknown."""

import re
import threading
from collections.abc import Iterator

import pytest

from engine.faults.conftest import Shop, Struck
from engine.faults.proxy import refusal
from fix_database import Database
from fix_systems import GOODS, NOW, asking
from trueup.model.verdict import Verdict

STARTING = refusal("57P03", "the database system is starting up")
FULL = refusal("53300", "sorry, too many clients already")
MANY = "select id from goods g, generate_series(1, 50000) n where price = 7 and n > 0"


def test_a_session_that_is_ended_is_asked_again_on_a_new_one(shop: Shop) -> None:
    seen = shop.run(Struck(shop.end_sessions))

    assert seen.sees_all()
    assert seen.others_hold()


def test_sessions_that_are_ended_each_time_make_it_unknown_after_three_tries(shop: Shop) -> None:
    blow = Struck(shop.end_sessions, once=False)

    seen = shop.run(blow)

    assert seen.at.verdict is Verdict.UNKNOWN
    assert "57P01" in seen.at.reason
    assert "server is up" in seen.at.remedy
    assert blow.times == 3
    assert seen.others_hold()


def test_a_connection_that_is_reset_is_made_again(shop: Shop) -> None:
    seen = shop.run(Struck(shop.proxy.reset))

    assert seen.sees_all()
    assert seen.others_hold()


def test_connections_that_are_reset_each_time_make_it_unknown(shop: Shop) -> None:
    seen = shop.run(Struck(shop.proxy.reset, once=False))

    assert seen.at.verdict is Verdict.UNKNOWN
    assert "connection was lost" in seen.at.reason
    assert seen.at.remedy
    assert seen.others_hold()


def test_rows_that_were_cut_off_are_never_counted_as_all(shop: Shop) -> None:
    def cut() -> None:
        shop.proxy.cut_after = 60_000

    seen = shop.run(Struck(cut), MANY)

    assert seen.at.verdict is Verdict.UNKNOWN
    assert seen.at.count == 0
    assert seen.after.verdict in (Verdict.HOLDS, Verdict.UNKNOWN)


def test_rows_that_were_cut_off_once_are_asked_for_again(shop: Shop) -> None:
    lengths = iter([30_000, None])

    def cut_then_heal() -> None:
        shop.proxy.cut_after = next(lengths)

    seen = shop.run(Struck(cut_then_heal, once=False), MANY)

    assert seen.at.verdict is Verdict.VIOLATED
    assert seen.at.count == 10_000
    assert not seen.at.counted_all
    assert seen.others_hold()


def test_a_host_that_goes_dark_is_unknown_within_the_deadline(shop: Shop, monkeypatch) -> None:
    monkeypatch.setattr("trueup.replica.connection.CONNECT_TIMEOUT", 2)

    def dark() -> None:
        shop.proxy.dark = True

    seen = shop.run(Struck(dark), more="statement_timeout = 0.3")

    assert seen.before.verdict is Verdict.HOLDS
    assert seen.at.verdict is Verdict.UNKNOWN
    assert "fell silent" in seen.at.reason
    assert "no answer within" in seen.after.reason


@pytest.mark.parametrize(
    ("refusals", "comers"), [([b""], 2), ([b"", b""], 3), ([STARTING], 2), ([STARTING, b""], 3)]
)
def test_a_server_that_is_there_in_a_moment_is_waited_for(shop: Shop, refusals, comers) -> None:
    shop.proxy.refusals += refusals

    assert shop.one().verdict is Verdict.HOLDS
    assert shop.proxy.came >= comers


@pytest.mark.parametrize(
    ("refused", "says", "tries"),
    [
        (b"", "cut before it was open", 3),
        (STARTING, "does not accept connections yet", 3),
        (FULL, "has no connection left", 1),
        (b"X", "TLS was not agreed", 1),
    ],
    ids=["reset", "starting", "full", "garbage"],
)
def test_one_that_is_not_is_unknown_and_tried_as_often_as_that_helps(
    shop: Shop, refused: bytes, says: str, tries: int
) -> None:
    shop.proxy.refusals += [refused] * 9
    if refused == b"X":
        shop.url = shop.proxy.url(shop.database.url()).replace("disable", "require")

    outcome = shop.one()

    assert outcome.verdict is Verdict.UNKNOWN
    assert says in outcome.reason
    assert "doctor" in outcome.remedy
    assert shop.proxy.came == tries


def test_a_server_that_is_down_is_not_waited_for_by_every_invariant(shop: Shop) -> None:
    shop.proxy.refusals += [b""] * 99

    seen = shop.run(Struck(shop.proxy.reset))

    assert {o.verdict for o in (seen.before, seen.at, seen.after)} == {Verdict.UNKNOWN}
    assert shop.proxy.came == 3


def test_a_host_that_is_down_is_unknown(shop: Shop) -> None:
    shop.url = re.sub(r":\d+/", ":1/", shop.database.url())

    assert "nobody answers" in shop.one().reason


def test_a_host_without_a_name_is_unknown(shop: Shop) -> None:
    shop.url = shop.database.url().replace("127.0.0.1", "no-such-host.invalid")

    assert "host name is not known" in shop.one().reason


def test_a_wrong_password_is_unknown_and_tried_once(shop: Shop) -> None:
    shop.url = shop.proxy.url(shop.database.url()).replace("trueup_reader:", "trueup_reader:no")

    assert "was not accepted" in shop.one().reason
    assert shop.proxy.came == 1


def test_a_database_that_does_not_exist_is_unknown(shop: Shop) -> None:
    shop.url = shop.proxy.url(shop.database.url()).replace("/test_", "/no_")

    assert "does not exist" in shop.one().reason
    assert shop.proxy.came == 1


@pytest.fixture(params=["SQL_ASCII", "LATIN1", "EUC_TW"])
def elsewhere(request: pytest.FixtureRequest, shop: Shop) -> Iterator[Shop]:
    """The shop in a database of another encoding than UTF-8."""
    cluster, name = shop.database.cluster, f"{shop.database.name}_encoded"
    made = f"create database {name} encoding {request.param} template template0 locale 'C'"
    cluster.execute(made)
    shop.database = Database(cluster, name)
    shop.url = shop.database.url()
    shop.database.execute(f"create schema if not exists public; {GOODS}")
    shop.database.execute("alter table goods add note text default 'x'")
    yield shop
    for run in shop.kept:
        run.close()
    cluster.execute(f"drop database {name} with (force)")


def test_a_database_of_any_encoding_is_read(elsewhere: Shop) -> None:
    outcome = elsewhere.systems().outcome(asking("select note, id from goods where id = 7"), NOW)

    assert [(v.key, v["id"]) for v in outcome.violations] == [(("x",), 7)]


@pytest.mark.parametrize("elsewhere", ["SQL_ASCII"], indirect=True)
def test_a_text_of_bytes_that_are_no_character_is_unknown(elsewhere: Shop) -> None:
    elsewhere.database.execute(r"update goods set note = E'\xff' where id = 7")

    outcome = elsewhere.systems().outcome(asking("select note from goods where id = 7"), NOW)

    assert outcome.verdict is Verdict.UNKNOWN
    assert "22021" in outcome.reason
    assert "leave that column out" in outcome.remedy


def test_tls_that_the_server_does_not_have_is_unknown(shop: Shop) -> None:
    shop.url = shop.proxy.url(shop.database.url()).replace("disable", "require")

    assert "TLS was not agreed" in shop.one().reason


def test_a_role_without_a_connection_left_is_unknown(shop: Shop, writer: str) -> None:
    shop.database.execute(
        f"grant select on goods to {writer}; alter role {writer} connection limit 0"
    )
    shop.url = shop.proxy.url(shop.database.url(writer))

    assert "no connection left" in shop.one().reason
    assert shop.proxy.came == 1


def test_a_primary_in_place_of_the_replica_is_unknown(shop: Shop) -> None:
    shop.url = shop.database.url(server="primary")

    outcome = shop.one()

    assert outcome.verdict is Verdict.UNKNOWN
    assert "is a primary" in outcome.reason


def test_a_cold_start_of_fifteen_seconds_is_waited_for(shop: Shop) -> None:
    shop.proxy.answers.clear()
    wake = threading.Timer(15, shop.proxy.answers.set)
    wake.start()

    assert shop.one().verdict is Verdict.HOLDS
    assert shop.kept[0].record("shop").opened_in > 14
    assert shop.proxy.came <= 3
