"""Servers that outlived a keeper: it was killed, and the kernel did not tell them."""

import os
from pathlib import Path

import psycopg

from trueup.sample import cluster, locks, server
from trueup.sample.roles import SUPERUSER

GRACE = 3.0


def stop(folder: Path) -> None:
    """
    Tell the servers of this folder to stop, if they have not done so by themselves in time.

    A process number in an old file may be anybody's by now; that a server takes our password
    proves that it is ours. The caller is the keeper, so that no other one needs them.
    """
    lock = locks.acquire(folder / locks.SERVERS, locks.EXCLUSIVE, timeout=GRACE)
    if lock is not None:
        os.close(lock)
        return
    known = cluster.read(folder)
    if known is None:
        return
    for name in known.ports:
        try:
            with psycopg.connect(known.dsn(SUPERUSER, name), connect_timeout=2) as connection:
                pid = cluster.one(connection, "select pg_read_file('postmaster.pid')")
        except psycopg.OperationalError:
            continue
        os.kill(int(str(pid).split()[0]), server.POLITELY)
