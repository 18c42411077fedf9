"""The systems of the sample: each a database and, where it sells something, a Stripe account."""

from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import psycopg

from trueup.errors import SampleError
from trueup.sample import CLOCK, databases
from trueup.sample.cluster import Cluster
from trueup.sample.faults import Fault
from trueup.sample.stripe import account as accounts
from trueup.sample.stripe.account import Account
from trueup.sample.stripe.objects import Object
from trueup.sample.stripe.server import StandIn

STRIPE = "stripe.py"
"""
The file in a system's folder that knows its account.

`follow(connection, account)` puts into the account what the database's own events say that Stripe
has told; `deliver(connection, event)` does what the application's webhook does with an event.
"""

Connection = psycopg.Connection[Any]
Follow = Callable[[Connection, Account], None]
Deliver = Callable[[Connection, Object], None]

_OID = "select oid::bigint from pg_database where datname = %s"


def load(cluster: Cluster, folder: Path) -> None:
    """Have the system in the sample; what was planted in it stays."""
    databases.load(cluster, folder)
    file = account_file(cluster, folder)
    if file is not None and _made_for(file) != _oid(cluster, folder.name):
        _make(cluster, folder, file)


def mend(cluster: Cluster, folder: Path) -> None:
    """Put the system back as it was loaded."""
    databases.mend(cluster, folder.name)
    file = account_file(cluster, folder)
    if file is not None:
        _make(cluster, folder, file)


def plant(cluster: Cluster, folder: Path, fault: Fault) -> None:
    """Plant a fault and its near misses: in the database, and then in Stripe."""
    databases.plant(cluster, folder.name, fault)
    file = account_file(cluster, folder)
    if file is None:
        return
    account = accounts.read(file)
    _follow(cluster, folder, account)
    if fault.stripe is not None:
        fault.stripe(account)
    account.save(file)


def account_file(cluster: Cluster, folder: Path) -> Path | None:
    """Where the system's account lies; None for a system without one."""
    if not (folder / STRIPE).is_file():
        return None
    return cluster.folder / f"{folder.name}.stripe.json"


def stripe(cluster: Cluster, folder: Path) -> StandIn | None:
    """
    The stand-in for the system's account, to be used in a with block; None without an account.

    What it delivers again arrives, as the system's own webhook would have it.
    """
    file = account_file(cluster, folder)
    if file is None:
        return None
    deliver: Deliver = _known(folder, "deliver")

    def delivered(event: Object) -> None:
        with cluster.connect(database=folder.name) as connection:
            deliver(connection, event)

    return StandIn(file, delivered=delivered)


def _make(cluster: Cluster, folder: Path, file: Path) -> None:
    account = Account(CLOCK, made_for=_oid(cluster, folder.name))
    _follow(cluster, folder, account)
    account.save(file)


def _made_for(file: Path) -> int | None:
    return accounts.read(file).made_for if file.exists() else None


def _oid(cluster: Cluster, system: str) -> int | None:
    with cluster.connect() as connection:
        row = connection.execute(_OID, [system]).fetchone()
    return int(row[0]) if row else None


def _follow(cluster: Cluster, folder: Path, account: Account) -> None:
    follow: Follow = _known(folder, "follow")
    with cluster.connect(database=folder.name) as connection:
        follow(connection, account)


def _known(folder: Path, name: str) -> Any:
    path = folder / STRIPE
    spec = spec_from_file_location(f"trueup_stripe_of_{folder.name}", path)
    if spec is None or spec.loader is None:
        raise SampleError(f"{path} cannot be read")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    found = getattr(module, name, None)
    if found is None:
        raise SampleError(f"{path} has no function {name}")
    return found
