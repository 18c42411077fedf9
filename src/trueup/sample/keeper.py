"""
The parent of both servers: starts them, and stops them when nobody uses the sample any more.

It is a process of its own, `python -m trueup.sample.keeper FOLDER`, out of the terminal's reach.
"""

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from trueup.errors import SampleError
from trueup.sample import cluster, locks, survivors
from trueup.sample.cluster import Running
from trueup.sample.hold import STAY, UP
from trueup.sample.locks import HOLDERS, KEEPER

LOOK_EVERY = 0.2


def main() -> None:
    """Fork once: the process that asked for a keeper is not its parent and need not wait for it."""
    if os.fork():
        os._exit(0)
    os.chdir("/")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    keep(Path(sys.argv[1]))


def keep(folder: Path) -> None:
    """Keep the servers of the folder up for as long as somebody holds it, or it is told to stay."""
    with locks.held(folder / KEEPER, locks.EXCLUSIVE, timeout=5.0):
        survivors.stop(folder)
        try:
            running = cluster.start(folder) if cluster.read(folder) else cluster.create(folder)
        except SampleError as error:
            _say(str(error))
            return
        try:
            _say(UP)
            _watch(folder, running)
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            cluster.stop(running)


def _watch(folder: Path, running: Running) -> None:
    """Return when the servers should stop, or when one of them has ended by itself."""
    servers = (running.primary, running.standby)
    while all(process.poll() is None for process in servers):
        alone = locks.acquire(folder / HOLDERS, locks.EXCLUSIVE, timeout=0)
        if alone is not None and not (folder / STAY).exists():
            # Never closed: whoever comes now waits until this process, and with it the servers,
            # has ended, and starts anew.
            return
        if alone is not None:
            os.close(alone)
        time.sleep(LOOK_EVERY)


def _say(word: str) -> None:
    """Tell the process that started the keeper, which may be gone, and end the conversation."""
    with suppress(BrokenPipeError):
        os.write(sys.stdout.fileno(), word.encode())
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


if __name__ == "__main__":
    main()
