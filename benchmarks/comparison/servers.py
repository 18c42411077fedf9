"""The sample's servers, with the memory and the patience that millions of rows want."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from comparison import tls as encryption
from trueup.sample import Cluster, down, hold, reset
from trueup.sample.server import Name

SETTINGS = {
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "autovacuum": "off",
    "checkpoint_timeout": "1h",
}
"""Nothing is to happen beside what is measured; everything read is in memory."""

SERVERS: tuple[Name, ...] = ("primary", "standby")


@contextmanager
def servers(*, tls: bool = False) -> Iterator[Cluster]:
    """Hold servers of one's own, whose settings are for much data; they are gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="trueup-bench-")).resolve()
    folder.chmod(0o711)
    try:
        with hold(folder) as cluster:
            for name in SERVERS:
                _configure(cluster, name)
            if tls:
                encryption.switch_on(cluster, SERVERS)
        down(folder)
        with hold(folder) as cluster:
            yield cluster
    finally:
        reset(folder)
        shutil.rmtree(folder)


def _configure(cluster: Cluster, name: Name) -> None:
    """It is kept in the data, and outweighs the sample's settings at the next start."""
    with cluster.connect(name) as connection:
        for setting, value in SETTINGS.items():
            connection.execute(f"alter system set {setting} = '{value}'".encode())
