"""Who stops the servers: nobody has to, and nothing that happens to a user leaves them behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from patience import until
from trueup.errors import SampleError
from trueup.sample import Cluster, cluster, down, hold, locks, reset, survivors, up
from trueup.sample.binaries import VARIABLE

HOLDER = """
import pathlib, signal, sys
from trueup.sample import hold

signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs us may have it ignored
with hold(pathlib.Path(sys.argv[1])) as held:
    with held.connect() as connection:
        print(connection.execute("select pg_read_file('postmaster.pid')").fetchone()[0].split()[0])
    sys.stdout.flush()
    sys.stdin.read()
"""

in_proc = pytest.mark.skipif(not Path("/proc/self").exists(), reason="finds the keeper in /proc")


@contextmanager
def holder(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the folder, in a session of its own, until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def postmaster(sample: Cluster) -> int:
    with sample.connect() as connection:
        return int(
            connection.execute("select pg_read_file('postmaster.pid')").fetchone()[0].split()[0]
        )


def keeper(sample: Cluster) -> int:
    """The parent of the primary's first process."""
    status = Path(f"/proc/{postmaster(sample)}/stat").read_text()
    return int(status.rpartition(")")[2].split()[1])


def test_both_servers_answer_while_held_and_stop_afterwards(made):
    with hold(made) as sample:
        assert sample.answers()
        assert not cluster.stopped(made)

    until(lambda: cluster.stopped(made))
    with pytest.raises(psycopg.OperationalError):
        sample.connect()


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGINT])
def test_however_the_holder_ends_the_servers_stop(made, blow):
    with holder(made) as process:
        assert process.stdout.readline().strip().isdigit()
        assert not cluster.stopped(made)

        os.killpg(process.pid, blow)

        until(lambda: cluster.stopped(made))


def test_a_holder_that_ends_while_the_servers_start_leaves_none_behind(made):
    with holder(made) as process:
        until(lambda: not cluster.stopped(made))

        os.killpg(process.pid, signal.SIGKILL)

        until(lambda: cluster.stopped(made))


@in_proc
def test_a_killed_keeper_takes_the_servers_with_it_and_the_next_holder_starts_anew(made):
    with hold(made) as sample:
        os.kill(keeper(sample), signal.SIGKILL)
        until(lambda: cluster.stopped(made))

    with hold(made) as sample:
        assert sample.answers()


@in_proc
def test_a_holder_finds_servers_again_though_the_keeper_was_killed_just_now(made):
    with hold(made) as first:
        os.kill(keeper(first), signal.SIGKILL)

        with hold(made) as second:
            assert second.answers()


def test_a_server_that_dies_is_started_again_by_the_next_holder(made):
    with hold(made) as sample:
        os.kill(postmaster(sample), signal.SIGQUIT)
        until(lambda: cluster.stopped(made))

        with hold(made) as again:
            again.execute("select 1")


def test_two_holders_at_once_share_one_pair_and_the_second_keeps_it(made):
    with holder(made) as first, holder(made) as second:
        pids = {first.stdout.readline(), second.stdout.readline()}
        assert len(pids) == 1

        first.kill()
        first.wait()
        with pytest.raises(SampleError, match=r"still in use by another process after 0\.5 s"):
            down(made, timeout=0.5)

        second.stdin.close()
        until(lambda: cluster.stopped(made))


def test_servers_that_stay_are_there_for_the_next_holder_until_they_are_taken_down(made):
    first = postmaster(up(made))
    assert locks.acquire(made / locks.KEEPER, locks.EXCLUSIVE, timeout=0.5) is None

    with hold(made) as sample:
        assert postmaster(sample) == first

    down(made)

    assert cluster.stopped(made)


def test_what_keeps_the_servers_from_starting_reaches_the_holder(made, folder, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(folder))

    with pytest.raises(SampleError, match="there is no postgres in that folder"), hold(made):
        pytest.fail("there was nothing to hold")


def test_the_end_of_the_log_reaches_the_holder(made):
    control = made / "standby" / "global" / "pg_control"
    control.rename(made / "pg_control")
    try:
        with (
            pytest.raises(SampleError, match="the standby did not start; its folder is"),
            hold(made),
        ):
            pytest.fail("there was nothing to hold")
    finally:
        (made / "pg_control").rename(control)

    assert cluster.stopped(made)


def test_after_a_reset_the_sample_is_made_anew(made):
    before = cluster.read(made)

    reset(made)
    assert cluster.read(made) is None

    with hold(made) as after:
        assert after.answers()
        assert after.passwords.keys() == before.passwords.keys()
        assert not set(after.passwords.values()) & set(before.passwords.values())


def test_taking_down_what_was_never_up_is_no_error(folder):
    down(folder / "never")

    assert not (folder / "never").exists()


def test_servers_that_outlived_their_keeper_are_told_to_stop(made, monkeypatch):
    monkeypatch.setattr(survivors, "GRACE", 0.1)
    running = cluster.start(made)
    try:
        survivors.stop(made)

        until(lambda: running.primary.poll() == 0 and running.standby.poll() == 0)
    finally:
        cluster.stop(running)


def test_a_folder_that_cannot_be_made_is_an_error_with_its_name(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(SampleError, match="file/sample cannot be made: Not a directory"):
        up(tmp_path / "file" / "sample")
