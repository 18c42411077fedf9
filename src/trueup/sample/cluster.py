"""A primary and its streaming standby in one folder."""

import json
import os
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from subprocess import Popen
from typing import ClassVar, LiteralString
from urllib.parse import quote

import psycopg
from msgspec import Struct
from msgspec.structs import replace
from psycopg import sql

from trueup.errors import SampleError
from trueup.model.hiding import Hiding
from trueup.sample import binaries, home, locks, ports, roles, server
from trueup.sample.binaries import Binaries
from trueup.sample.roles import LOGINS, SUPERUSER
from trueup.sample.server import Name, Server

RECORD = "cluster.json"
PATIENCE = 5.0
ATTEMPTS = 5
"""Ports to try: between the look and the start another process may take one."""

_LAST: LiteralString = "select pg_logical_emit_message(true, 'trueup', '')::text"
"""
A place in the log behind all commits so far, flushed with this one.

`pg_current_wal_flush_lsn()` may be inside a record, which the standby then cannot replay to.
"""


class Cluster(Hiding, frozen=True):
    """Where the two servers are and how to log in; its repr hides the passwords."""

    HIDDEN: ClassVar = frozenset({"passwords"})

    folder: Path
    home: Path
    ports: Mapping[Name, int]
    passwords: Mapping[str, str]

    def server(self, name: Name) -> Server:
        """One of the two."""
        return Server(name, self.home, self.ports[name])

    def dsn(self, role: str, server: Name = "primary", database: str = "postgres") -> str:
        """Give the URL by which a role that may log in reaches a database; it has the password."""
        if role not in self.passwords:
            raise SampleError(f"role {role!r} cannot log in; name one of {', '.join(LOGINS)}")
        return (
            f"postgresql://{role}:{self.passwords[role]}@{ports.HOST}:{self.ports[server]}"
            f"/{quote(database, safe='')}?sslmode=disable"
        )

    def connect(self, server: Name = "primary", database: str = "postgres") -> psycopg.Connection:
        """Connect as superuser, each statement its own transaction."""
        return psycopg.connect(self.dsn(SUPERUSER, server, database), autocommit=True)

    def execute(self, statements: str, database: str = "postgres") -> None:
        """Run SQL on the primary as superuser: one statement or many, all of them or none."""
        with self.connect("primary", database) as connection:
            connection.execute(statements.encode())

    def create_database(self, name: str, template: str | None = None) -> None:
        """Create a database, as a copy of the template if there is one."""
        create = sql.SQL("create database {} template {} strategy file_copy").format(
            sql.Identifier(name), sql.Identifier(template or "template1")
        )
        with self.connect("primary") as connection:
            connection.execute(create)
            connection.execute(_revoke_temporary(name))

    def wait_for_replay(self, timeout: float = 10.0) -> None:
        """Wait until the standby shows all that the primary has committed so far."""
        deadline = time.monotonic() + timeout
        with self.connect("primary") as primary:
            target = one(primary, _LAST)
        with self.connect("standby") as standby:
            while not one(standby, "select pg_last_wal_replay_lsn() >= %s::pg_lsn", target):
                if time.monotonic() >= deadline:
                    raise SampleError(
                        f"the standby did not replay {target} within {timeout:g} s; "
                        f"look into {self.server('standby').log}"
                    )
                time.sleep(0.002)

    def wait_for_stream(self, timeout: float = 10.0) -> None:
        """Wait until the standby receives from the primary; it answers a moment before."""
        deadline = time.monotonic() + timeout
        with self.connect("standby") as standby:
            while one(standby, "select status from pg_stat_wal_receiver") != "streaming":
                if time.monotonic() >= deadline:
                    raise server.failure(self.server("standby"), "the standby does not stream")
                time.sleep(0.002)

    def answers(self) -> bool:
        """Whether both servers accept connections now."""
        return all(server.answers(self.dsn(SUPERUSER, name)) for name in self.ports)


class Running(Struct, frozen=True):
    """A cluster whose servers this process started; they have the lock too, and die with it."""

    cluster: Cluster
    primary: Popen[bytes]
    standby: Popen[bytes]
    lock: int


def read(folder: Path) -> Cluster | None:
    """Read what `create` recorded; None where it did not come to its end or the data is gone."""
    try:
        known = json.loads((folder / RECORD).read_text())
    except FileNotFoundError:
        return None
    if not (Path(known["home"]) / "primary").is_dir():
        return None
    return Cluster(folder, Path(known["home"]), known["ports"], known["passwords"])


def create(folder: Path) -> Running:
    """Make both servers from nothing and start them; what an earlier attempt left is removed."""
    programs = binaries.find()
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as undo:
        lock = _lock(folder)
        undo.callback(os.close, lock)
        erase(folder)
        cluster = Cluster(
            folder=folder,
            home=home.make(folder, programs.account),
            ports={"primary": ports.choose(), "standby": ports.choose()},
            passwords=roles.new_passwords(),
        )
        password = cluster.passwords[SUPERUSER]
        server.initialise(cluster.server("primary"), programs, password, lock)
        cluster, primary = _bring_up(cluster, "primary", programs, lock)
        undo.callback(server.stop, primary)
        roles.create(cluster.dsn(SUPERUSER), cluster.passwords)
        server.copy(cluster.server("standby"), cluster.server("primary"), programs, password, lock)
        cluster, standby = _bring_up(cluster, "standby", programs, lock)
        undo.callback(server.stop, standby)
        cluster.wait_for_stream()
        cluster.wait_for_replay()
        _record(cluster)
        undo.pop_all()
    return Running(cluster, primary, standby, lock)


def start(folder: Path) -> Running:
    """Start the servers that `create` made; a port that is taken meanwhile is exchanged."""
    cluster = read(folder.resolve())
    if cluster is None:
        raise SampleError(f"there is no sample in {folder}")
    programs = binaries.find()
    _same_major(cluster, programs)
    with ExitStack() as undo:
        lock = _lock(cluster.folder)
        undo.callback(os.close, lock)
        cluster, primary = _bring_up(cluster, "primary", programs, lock)
        undo.callback(server.stop, primary)
        cluster, standby = _bring_up(cluster, "standby", programs, lock)
        undo.callback(server.stop, standby)
        cluster.wait_for_stream()
        _record(cluster)
        undo.pop_all()
    return Running(cluster, primary, standby, lock)


def stop(running: Running) -> None:
    """Stop the primary, which first sends the standby all that it has, then the standby."""
    server.stop(running.primary)
    server.stop(running.standby)
    os.close(running.lock)


def erase(folder: Path) -> None:
    """Remove the record and both data folders; the servers must be down."""
    cluster = read(folder)
    (folder / RECORD).unlink(missing_ok=True)
    if cluster is None:
        return
    home.erase(cluster.home)
    if cluster.home != folder:
        cluster.home.rmdir()


def stopped(folder: Path) -> bool:
    """Whether no process of either server is alive."""
    return locks.is_free(folder / locks.SERVERS)


def _lock(folder: Path) -> int:
    """Take the lock that the servers inherit: while it is taken, a server of this folder lives."""
    lock = locks.acquire(folder / locks.SERVERS, locks.EXCLUSIVE, timeout=PATIENCE)
    if lock is None:
        raise SampleError(f"a server still runs in {folder}; end the process that started it")
    return lock


def _bring_up(
    cluster: Cluster, name: Name, programs: Binaries, lock: int
) -> tuple[Cluster, Popen[bytes]]:
    """Start one server and wait until it answers, on another port if its own is taken."""
    for _ in range(ATTEMPTS):
        if not ports.is_free(cluster.ports[name]):
            cluster = replace(cluster, ports={**cluster.ports, name: ports.choose()})
        this = cluster.server(name)
        server.configure(this, programs, _follow(cluster) if name == "standby" else {})
        process = server.start(this, programs, lock)
        if server.answers_in_time(this, process, cluster.dsn(SUPERUSER, name)):
            return cluster, process
        if ports.is_free(this.port):
            break
    raise server.failure(cluster.server(name), f"the {name} did not start")


def _follow(cluster: Cluster) -> dict[str, str]:
    """Give the settings by which the standby finds its primary."""
    return {
        "primary_conninfo": cluster.dsn(SUPERUSER, "primary"),
        "primary_slot_name": server.SLOT,
    }


def _same_major(cluster: Cluster, programs: Binaries) -> None:
    made_by = (cluster.server("primary").data / "PG_VERSION").read_text().strip()
    if made_by != str(programs.major):
        raise SampleError(
            f"the sample in {cluster.folder} was made by PostgreSQL {made_by}, and "
            f"{programs.folder} is {programs.major}; run `trueup sample reset`, or use the former"
        )


def _record(cluster: Cluster) -> None:
    """Write the record whole or not at all, readable by its owner only."""
    known = {
        "home": str(cluster.home),
        "ports": dict(cluster.ports),
        "passwords": dict(cluster.passwords),
    }
    unfinished = cluster.folder / f"{RECORD}.new"
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(known, file, indent=2)
    unfinished.replace(cluster.folder / RECORD)


def _revoke_temporary(database: str) -> sql.Composed:
    """Rights on a database are not copied from its template."""
    return sql.SQL("revoke temporary on database {} from public").format(sql.Identifier(database))


def one(connection: psycopg.Connection, question: LiteralString, *values: object) -> object:
    """Give the first value of the first row."""
    row = connection.execute(question, values or None).fetchone()
    return row[0] if row else None
