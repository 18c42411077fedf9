"""TLS for the benchmark's servers: a certificate of their own, and the setting that uses it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from trueup.sample import Cluster, binaries
from trueup.sample.server import Name

LASTS_DAYS = "7"


def switch_on(cluster: Cluster, names: tuple[Name, ...]) -> None:
    """Have both servers offer TLS from their next start on."""
    for name in names:
        with cluster.connect(name) as connection:
            [library] = connection.execute("show ssl_library").fetchone() or [""]
            if not library:
                sys.exit(
                    f"PostgreSQL in {binaries.find().folder} was built without TLS;"
                    f" name the bin folder of one that has it in {binaries.VARIABLE}"
                )
            certificate, key = _certificate(cluster.home, name)
            connection.execute(f"alter system set ssl_cert_file = '{certificate}'".encode())
            connection.execute(f"alter system set ssl_key_file = '{key}'".encode())
            connection.execute("alter system set ssl = on")


def required(url: str) -> str:
    """Give the same URL, by which nobody connects without TLS."""
    return url.replace("sslmode=disable", "sslmode=require")


def _certificate(folder: Path, name: Name) -> tuple[Path, Path]:
    """Sign one for loopback; its key belongs to the account that runs the servers."""
    program = shutil.which("openssl")
    if program is None:
        sys.exit("openssl is not installed, and --tls makes its certificate with it")
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    command = [program, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", LASTS_DAYS]
    command += ["-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    account = binaries.find().account
    if account is not None:
        os.chown(key, account.uid, account.gid)
    key.chmod(0o600)
    return certificate, key
