"""One PostgreSQL process over one data folder: made, configured, started, stopped."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

import psycopg
from msgspec import Struct

from trueup.errors import SampleError
from trueup.sample.binaries import Binaries
from trueup.sample.ports import HOST
from trueup.sample.roles import SUPERUSER

Name = Literal["primary", "standby"]

SLOT = "standby"
START_WITHIN = 30.0
STOP_WITHIN = 5.0
POLITELY = signal.SIGINT
PR_SET_PDEATHSIG = 1

SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "on",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "wal_level": "replica",
    "max_wal_senders": "5",
    "hot_standby": "on",
    "hot_standby_feedback": "off",
    "wal_receiver_status_interval": "1s",
    "wal_retrieve_retry_interval": "100ms",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "autovacuum": "on",
}
"""fsync and full_page_writes are off because the sample can be made again; nothing else may be."""


class Server(Struct, frozen=True):
    """One of the two: its data folder, its settings file and its log lie side by side in `home`."""

    name: Name
    home: Path
    port: int

    @property
    def data(self) -> Path:
        return self.home / self.name

    @property
    def settings(self) -> Path:
        return self.home / f"{self.name}.conf"

    @property
    def log(self) -> Path:
        return self.home / f"{self.name}.log"


def initialise(server: Server, binaries: Binaries, password: str, lock: int) -> None:
    """Make an empty data folder whose superuser has this password."""
    _make_folder(server.data, binaries)
    secret = server.home / "initdb.password"
    _write(secret, password, binaries)
    locale = (
        ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if binaries.major >= 17
        else ["--locale=C.UTF-8" if sys.platform == "linux" else "--locale=C"]
    )
    arguments = [
        f"--pgdata={server.data}",
        f"--username={SUPERUSER}",
        f"--pwfile={secret}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--wal-segsize=1",
        "--no-sync",
        "--no-instructions",
    ]
    try:
        _run(server, binaries, "initdb", [*arguments, *locale], lock)
    finally:
        secret.unlink()


def copy(server: Server, primary: Server, binaries: Binaries, password: str, lock: int) -> None:
    """Make a standby of the primary, which must be up; a slot keeps its WAL for the standby."""
    _make_folder(server.data, binaries)
    arguments = [
        f"--pgdata={server.data}",
        f"--host={HOST}",
        f"--port={primary.port}",
        f"--username={SUPERUSER}",
        f"--slot={SLOT}",
        "--create-slot",
        "--wal-method=stream",
        "--checkpoint=fast",
        "--no-sync",
        "--no-manifest",
        "--no-password",
    ]
    _run(server, binaries, "pg_basebackup", arguments, lock, PGPASSWORD=password)
    # The folder belongs to an account that is not ours: never follow a link in it.
    os.close(os.open(server.data / "standby.signal", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))


def configure(server: Server, binaries: Binaries, more: Mapping[str, str]) -> None:
    """Write the server's settings, all of them; they lie outside of its data folder."""
    settings = {**SETTINGS, "port": str(server.port), **more}
    lines = [f"{name} = '{_quoted(value)}'\n" for name, value in settings.items()]
    _write(server.settings, "".join(lines), binaries)


def start(server: Server, binaries: Binaries, lock: int) -> subprocess.Popen[bytes]:
    """Start the process; it does not answer yet."""
    files = [f"--config_file={server.settings}", f"--hba_file={server.data / 'pg_hba.conf'}"]
    arguments = ["-D", str(server.data), *files, f"--ident_file={server.data / 'pg_ident.conf'}"]
    return _spawn(server, binaries, "postgres", arguments, lock)


def answers_in_time(server: Server, process: subprocess.Popen[bytes], url: str) -> bool:
    """Wait until the server accepts connections; False as soon as its process has ended."""
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline:
        if process.poll() is not None:
            return False
        if answers(url):
            return True
        time.sleep(0.01)
    stop(process)
    raise failure(server, f"the {server.name} did not answer within {START_WITHIN:g} s")


def answers(url: str) -> bool:
    """Whether the server at this URL accepts connections now."""
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the process: politely, then at once, then by force."""
    for how in (POLITELY, signal.SIGQUIT, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(how)
        try:
            process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            continue


def failure(server: Server, what: str) -> SampleError:
    """Give the error that says what happened, where, and what the server said last."""
    said = server.log.read_text(errors="replace").splitlines()[-10:] if server.log.exists() else []
    lines = "\n".join(f"  {line}" for line in said) or "  (nothing)"
    return SampleError(
        f"{what}; its folder is {server.data}, `trueup sample reset` makes it anew, "
        f"and {server.log} ends with:\n{lines}"
    )


def _run(
    server: Server, binaries: Binaries, program: str, arguments: list[str], lock: int, **more: str
) -> None:
    process = _spawn(server, binaries, program, arguments, lock, **more)
    try:
        code = process.wait()
    finally:
        stop(process)
    if code != 0:
        raise failure(server, f"{program} ended with exit code {code}")


def _spawn(
    server: Server, binaries: Binaries, program: str, arguments: list[str], lock: int, **more: str
) -> subprocess.Popen[bytes]:
    """Start a program as the account; it inherits the lock, and dies with this process."""
    user = binaries.account
    with server.log.open("wb") as log:
        return subprocess.Popen(
            [binaries.folder / program, *arguments],
            cwd="/",
            env={**_environment(), **more},
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(lock,),
            preexec_fn=_die_with(os.getpid()),  # noqa: PLW1509  # two system calls, no lock to hang on
        )


def _environment() -> dict[str, str]:
    """Nothing of the user's shell but paths: no PGOPTIONS that bends us, no secret that leaks."""
    kept = ("PATH", "LD_LIBRARY_PATH", "TMPDIR")
    return {"LC_ALL": "C", **{name: os.environ[name] for name in kept if name in os.environ}}


def _die_with(parent: int) -> Callable[[], None] | None:
    """Have the kernel send SIGINT, a fast shutdown, to the child when this process dies."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def before_exec() -> None:
        prctl(PR_SET_PDEATHSIG, POLITELY)
        if os.getppid() != parent:
            os._exit(1)

    return before_exec


def _make_folder(folder: Path, binaries: Binaries) -> None:
    folder.mkdir(mode=0o700)
    if binaries.account:
        os.chown(folder, binaries.account.uid, binaries.account.gid, follow_symlinks=False)


def _write(path: Path, text: str, binaries: Binaries) -> None:
    """Write a file that the servers can read and others cannot."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as file:
        if binaries.account:
            os.fchown(descriptor, binaries.account.uid, binaries.account.gid)
        file.write(text)


def _quoted(value: str) -> str:
    return value.replace("'", "''")
