"""The systems' databases: a sound one that is never touched, and a copy of it to break and mend."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from trueup.errors import SampleError
from trueup.sample import locks
from trueup.sample.cluster import Cluster
from trueup.sample.faults import Fault

SCRIPTS = ("schema.sql", "sound.sql")

BESIDE = ("stripe.py", "site.py")
"""What says what a system has outside of its database."""

TAKEN_IN = re.compile(r"^\\ir (\S+)$", re.MULTILINE)
"""How a script takes in another, from its own folder on, at its top; psql reads it so too."""

WAIT = 120.0


def load(cluster: Cluster, folder: Path) -> None:
    """
    Have the system of this folder in the sample, named as the folder is.

    It is made again where the folder's scripts have changed since; otherwise it is left as it is,
    with what was planted in it.
    """
    system = folder.name
    with locks.held(cluster.folder / locks.LOADING, locks.EXCLUSIVE, WAIT):
        digest = _digest(folder)
        if _made_from(cluster, system) != digest:
            _make_sound(cluster, folder, digest)
            _replace(cluster, system)
        elif not _exists(cluster, system):
            _replace(cluster, system)
        cluster.wait_for_replay()


def mend(cluster: Cluster, system: str) -> None:
    """Put the system's database back as it was loaded; whoever is connected to it is thrown out."""
    with locks.held(cluster.folder / locks.LOADING, locks.EXCLUSIVE, WAIT):
        if _made_from(cluster, system) is None:
            raise SampleError(f"system {system!r} is not in the sample; load it first")
        _replace(cluster, system)
        cluster.wait_for_replay()


def plant(cluster: Cluster, system: str, fault: Fault) -> None:
    """Plant the fault and its near misses, all of it or nothing."""
    with cluster.connect(database=system) as connection, connection.transaction():
        for part, script in (("near_misses", fault.near_misses), ("plant", fault.plant)):
            if script.strip():
                _run(connection, script, f"{part} of fault {fault.name!r}")
    cluster.wait_for_replay()


def _sound(system: str) -> str:
    return f"{system}_sound"


def _digest(folder: Path) -> str:
    """Of all that makes the system: what is beside it is made anew with the database alone."""
    known = hashlib.sha256()
    for _, script in _scripts(folder):
        known.update(hashlib.sha256(script.encode()).digest())
    for name in BESIDE:
        if (folder / name).is_file():
            known.update(hashlib.sha256((folder / name).read_bytes()).digest())
    return known.hexdigest()


def _scripts(folder: Path) -> Iterator[tuple[Path, str]]:
    """The scripts that make a system, in the order in which they run."""
    for name in SCRIPTS:
        yield from _with_taken_in(folder / name)


def _with_taken_in(path: Path) -> Iterator[tuple[Path, str]]:
    """What a script takes in, then the script itself; its lines keep their numbers."""
    try:
        script = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SampleError(f"there is no {path}; a system's sample needs it") from None
    for other in TAKEN_IN.findall(script):
        yield from _with_taken_in((path.parent / other).resolve())
    yield path, TAKEN_IN.sub("", script)


def _made_from(cluster: Cluster, system: str) -> str | None:
    """
    Give the digest of the scripts that made the sound database.

    It is the database's comment, written last: it cannot outlive the database or come too early.
    """
    with cluster.connect() as connection:
        row = connection.execute(
            "select shobj_description(oid, 'pg_database') from pg_database where datname = %s",
            [_sound(system)],
        ).fetchone()
    return row[0] if row else None


def _exists(cluster: Cluster, database: str) -> bool:
    with cluster.connect() as connection:
        known = "select from pg_database where datname = %s"
        return connection.execute(known, [database]).fetchone() is not None


def _make_sound(cluster: Cluster, folder: Path, digest: str) -> None:
    sound = _sound(folder.name)
    _drop(cluster, sound)
    cluster.create_database(sound)
    with cluster.connect(database=sound) as connection:
        for path, script in _scripts(folder):
            _run(connection, script, str(path))
        # Each copy has the statistics at once, and nothing for autovacuum to do meanwhile.
        connection.execute("vacuum (freeze, analyze)")
    with cluster.connect() as connection:
        database = sql.Identifier(sound)
        connection.execute(sql.SQL("alter database {} allow_connections false").format(database))
        connection.execute(
            sql.SQL("comment on database {} is {}").format(database, sql.Literal(digest))
        )


def _replace(cluster: Cluster, system: str) -> None:
    _drop(cluster, system)
    cluster.create_database(system, template=_sound(system))


def _drop(cluster: Cluster, database: str) -> None:
    drop = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(database))
    with cluster.connect() as connection:
        connection.execute(drop)


def _run(connection: psycopg.Connection, script: str, source: str) -> None:
    """Run a whole script as one message, which is one transaction unless it says otherwise."""
    try:
        connection.execute(script.encode())
    except psycopg.Error as error:
        position = error.diag.statement_position
        line = script.count("\n", 0, int(position) - 1) + 1 if position else None
        where = f"{source}, line {line}" if line else source
        raise SampleError(f"{where}: {error}".strip()) from error
