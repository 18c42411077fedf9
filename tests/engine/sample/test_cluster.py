"""A primary and its standby: made, started, stopped, and what stands in their way."""

import os
import socket
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from trueup.errors import SampleError
from trueup.sample import server
from trueup.sample.cluster import Cluster, Running, create, erase, read, start, stop
from trueup.sample.ports import HOST
from trueup.sample.server import Name


@contextmanager
def started(folder: Path) -> Iterator[Running]:
    running = start(folder)
    try:
        yield running
    finally:
        stop(running)


def ask(sample: Cluster, question: str, server: Name = "standby") -> object:
    with sample.connect(server) as connection:
        return connection.execute(question).fetchone()[0]


def test_the_standby_shows_what_the_primary_committed(made):
    with started(made) as running:
        running.cluster.execute("create table seen (id int); insert into seen values (41), (42)")
        running.cluster.wait_for_replay()

        assert ask(running.cluster, "select array_agg(id) from seen") == [41, 42]
        assert ask(running.cluster, "select pg_is_in_recovery()") is True
        assert ask(running.cluster, "select pg_is_in_recovery()", "primary") is False


@pytest.mark.usefixtures("programs")
@pytest.mark.parametrize("programs", ["debian"], indirect=True)
def test_the_oldest_release_works_as_well(folder):
    running = create(folder)
    stop(running)

    with started(folder) as running:
        running.cluster.execute("create table seen (id int); insert into seen values (41), (42)")
        running.cluster.wait_for_replay()

        assert ask(running.cluster, "select array_agg(id) from seen") == [41, 42]
        assert str(ask(running.cluster, "show server_version_num"))[:2] == "15"


@pytest.mark.parametrize("name", ["primary", "standby"])
def test_the_settings_are_the_promised_ones(cluster, name):
    found = {
        setting: ask(cluster, f"select current_setting('{setting}')", name)
        for setting in server.SETTINGS
    }

    assert found == server.SETTINGS


def test_a_standby_that_was_just_started_already_receives(made):
    with started(made) as running:
        assert ask(running.cluster, "select status from pg_stat_wal_receiver") == "streaming"


def test_a_standby_that_was_down_catches_up(made):
    with started(made) as running:
        server.stop(running.standby)
        for _ in range(5):
            running.cluster.execute("create table if not exists missed (id int)")
            running.cluster.execute("insert into missed values (1); select pg_switch_wal()")
        running.cluster.execute("checkpoint")

    with started(made) as running:
        running.cluster.wait_for_replay()

        assert ask(running.cluster, "select count(*) from missed") == 5


def test_ports_that_are_taken_are_exchanged_and_the_standby_still_follows(made):
    before = read(made)
    with socket.socket() as first, socket.socket() as second:
        for thief, port in zip((first, second), before.ports.values(), strict=True):
            thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            thief.bind((HOST, port))
            thief.listen()

        with started(made) as running:
            running.cluster.execute("create table moved ()")
            running.cluster.wait_for_replay()
            after = running.cluster

    assert not set(after.ports.values()) & set(before.ports.values())
    assert read(made) == after


def test_servers_are_not_started_twice(made, monkeypatch):
    monkeypatch.setattr("trueup.sample.cluster.PATIENCE", 0.1)

    with started(made), pytest.raises(SampleError, match=f"still runs in {made}"):
        start(made)


def test_waiting_for_replay_gives_up_with_the_log_to_look_into(made):
    with started(made) as running:
        ask(running.cluster, "select pg_wal_replay_pause()")
        running.cluster.execute("create table never_seen ()")

        with pytest.raises(SampleError, match=r"did not replay .* within 0\.1 s; .*standby\.log"):
            running.cluster.wait_for_replay(timeout=0.1)
        ask(running.cluster, "select pg_wal_replay_resume() is null")


def test_a_failed_start_shows_the_end_of_the_log_and_the_folder(made):
    control = made / "primary" / "global" / "pg_control"
    control.rename(made / "pg_control")
    try:
        with pytest.raises(SampleError) as failure:
            start(made)
    finally:
        (made / "pg_control").rename(control)

    assert f"the primary did not start; its folder is {made / 'primary'}" in str(failure.value)
    assert "could not find the database system" in str(failure.value)


def test_another_major_version_is_refused_before_it_touches_the_data(made):
    version = made / "primary" / "PG_VERSION"
    whole = version.read_text()
    version.write_text("14\n")
    try:
        with pytest.raises(SampleError, match=r"made by PostgreSQL 14.*run `trueup sample reset`"):
            start(made)
    finally:
        version.write_text(whole)


def test_what_an_interrupted_creation_left_is_removed(folder):
    (folder / "primary" / "base").mkdir(parents=True)
    (folder / "standby.conf").write_text("port = 1")

    running = create(folder)
    stop(running)

    assert read(folder) == running.cluster


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs servers as somebody else")
def test_in_a_folder_that_only_root_may_enter_the_data_lies_elsewhere(folder, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    private = folder / "private"
    private.mkdir(mode=0o700)

    running = create(private / "sample")
    stop(running)
    home = running.cluster.home
    assert home.parent == folder

    erase(private / "sample")
    assert not home.exists()


def test_passwords_are_shown_to_nobody(cluster):
    record = cluster.folder / "cluster.json"

    assert stat.S_IMODE(record.stat().st_mode) == 0o600
    assert not any(password in repr(cluster) for password in cluster.passwords.values())


def test_a_role_that_cannot_log_in_has_no_url(cluster):
    with pytest.raises(SampleError, match="role 'anon' cannot log in; name one of postgres, "):
        cluster.dsn("anon")


def test_the_servers_listen_on_loopback_only(cluster):
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(cluster.dsn("postgres").replace(HOST, "127.0.0.2"), connect_timeout=2)

    assert ask(cluster, "select current_setting('unix_socket_directories')") == ""
