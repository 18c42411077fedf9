"""The systems of the sample: each a database, and what else it has beside it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from trueup.sample import databases
from trueup.sample.cluster import Cluster
from trueup.sample.faults import Fault
from trueup.sample.settings import SettingsBeside
from trueup.sample.site.beside import SiteBeside
from trueup.sample.site.server import Served
from trueup.sample.stripe.beside import StripeBeside
from trueup.sample.stripe.server import StandIn

BESIDE: tuple[type[StripeBeside | SiteBeside | SettingsBeside], ...] = (
    StripeBeside,
    SiteBeside,
    SettingsBeside,
)
"""What a system may have: each knows the file in the system's folder that says so."""


def load(cluster: Cluster, folder: Path) -> None:
    """Have the system in the sample; what was planted in it stays."""
    databases.load(cluster, folder)
    for one in _beside(cluster, folder):
        one.load()


def mend(cluster: Cluster, folder: Path) -> None:
    """Put the system back as it was loaded."""
    databases.mend(cluster, folder.name)
    for one in _beside(cluster, folder):
        one.make()


def plant(cluster: Cluster, folder: Path, fault: Fault) -> None:
    """Plant a fault and its near misses: in the database, and then in what is beside it."""
    databases.plant(cluster, folder.name, fault)
    for one in _beside(cluster, folder):
        one.plant(fault)


def stripe(cluster: Cluster, folder: Path) -> StandIn | None:
    """The stand-in for the system's account, for a with block; None without an account."""
    account = StripeBeside(cluster, folder)
    return account.stand_in() if account.there else None


def account_file(cluster: Cluster, folder: Path) -> Path | None:
    """Where the system's account lies; None for a system without one."""
    account = StripeBeside(cluster, folder)
    return account.file if account.there else None


def site(cluster: Cluster, folder: Path) -> Served | None:
    """The servers of the system's site, for a with block; None without a site."""
    found = SiteBeside(cluster, folder)
    return found.served() if found.there else None


def settings(cluster: Cluster, folder: Path) -> Mapping[str, object]:
    """The settings that planted faults put in the place of trueup.toml's."""
    return SettingsBeside(cluster, folder).planted


def _beside(cluster: Cluster, folder: Path) -> Iterator[StripeBeside | SiteBeside | SettingsBeside]:
    known = (kind(cluster, folder) for kind in BESIDE)
    return (one for one in known if one.there)
