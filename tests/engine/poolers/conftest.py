"""PgBouncer before the sample's standby, in both modes."""

import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from msgspec import Struct

import required
from fix_database import Database
from fix_systems import GOODS
from patience import until
from trueup.sample import ports

CONFIG = """
[databases]
{database} = host=127.0.0.1 port={server}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = plain
auth_file = {users}
pool_mode = {mode}
default_pool_size = {size}
logfile = {log}
"""


class Pooler(Struct, frozen=True):
    """A running PgBouncer, and the URL by which a role reaches the database through it."""

    database: Database
    port: int

    def url(self, role: str = "trueup_reader") -> str:
        """The same URL by way of the pooler."""
        direct = self.database.url(role)
        server = self.database.cluster.ports["standby"]
        return direct.replace(f":{server}/", f":{self.port}/")

    def asks(self, question: str) -> list[tuple[object, ...]]:
        """What the next client of the reader's pool is told."""
        with psycopg.connect(self.url(), autocommit=True, prepare_threshold=None) as client:
            return client.execute(question.encode()).fetchall()


Start = Callable[..., Pooler]


@pytest.fixture
def pooler(database: Database) -> Iterator[Start]:
    """Start a PgBouncer in a mode, with so many server connections."""
    program = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin")
    if program is None:
        required.missing("pgbouncer", "no pooler was tried")
    database.execute(GOODS)
    with ExitStack() as stack:

        def start(mode: str, size: int = 4) -> Pooler:
            folder = Path(tempfile.mkdtemp(prefix="trueup-test-"))
            stack.callback(shutil.rmtree, folder)
            made = Pooler(database, ports.choose())
            stack.callback(_end, _started(program, folder, made, mode=mode, size=size))
            until(lambda: _answers(made.url()))
            return made

        yield start


def _started(
    program: str, folder: Path, pooler: Pooler, *, mode: str, size: int
) -> subprocess.Popen[bytes]:
    cluster = pooler.database.cluster
    users = "".join(f'"{role}" "{word}"\n' for role, word in cluster.passwords.items())
    (folder / "users.txt").write_text(users)
    (folder / "pgbouncer.ini").write_text(
        CONFIG.format(
            database=pooler.database.name,
            server=cluster.ports["standby"],
            port=pooler.port,
            users=folder / "users.txt",
            log=folder / "log.txt",
            mode=mode,
            size=size,
        )
    )
    nobody = pwd.getpwnam("nobody")
    for path in (folder, *folder.iterdir()):
        shutil.chown(path, nobody.pw_uid, nobody.pw_gid)
    return subprocess.Popen(
        [program, "-q", folder / "pgbouncer.ini"],
        user=nobody.pw_uid,
        group=nobody.pw_gid,
        extra_groups=[],
        stderr=subprocess.DEVNULL,
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
