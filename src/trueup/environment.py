"""An environment of a system, resolved: its URLs, its patience, its clock."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from msgspec import field
from msgspec.structs import replace

from trueup import masks
from trueup.config import (
    FILE,
    SAMPLE,
    EnvironmentConfig,
    Project,
    ServiceConfig,
    StripeConfig,
    SystemConfig,
    variable,
)
from trueup.errors import ConfigError
from trueup.model.hiding import Hiding
from trueup.progress import while_slow
from trueup.readers.http.address import Address
from trueup.readers.storage.bucket import Bucket
from trueup.readers.stripe.account import StripeAccount
from trueup.replica.dsn import Dsn
from trueup.replica.limits import Limits

if TYPE_CHECKING:
    from trueup.sample import Cluster

PRODUCTION = "production"
"""The environment whose plans want an approval, unless trueup.toml says otherwise."""

SAMPLE_READER = "trueup_reader"

SAMPLE_FOLDER = Path(".trueup") / "sample"


class Environment(Hiding, frozen=True, kw_only=True):
    """
    Where one system is read and mended; `clock` is the instant of a clock that stands still.

    `owner` is the login that installs the journal: the fixer must not own what it writes.
    `given` has the variables of the sample's services; those of a real one are the process's.
    `approval` says that somebody else must approve a plan before it is applied here.
    """

    HIDDEN: ClassVar = frozenset({"given"})

    system: str
    title: str
    name: str
    replica: Dsn
    primary: Dsn | None
    visitor: Dsn | None
    owner: Dsn | None
    primary_allowed: bool
    clock: datetime | None
    limits: Limits
    max_lag: timedelta
    prove_within: float
    settings: Mapping[str, object]
    unset: Mapping[str, str]
    heartbeat: str | None = None
    snapshot_max_age: float = 60.0
    connections: int = 2
    approval: bool = False
    services: Mapping[str, ServiceConfig] = field(default_factory=dict)
    stripe: StripeAccount | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    addresses: Mapping[str, Address] = field(default_factory=dict)
    storage: Mapping[str, Bucket] = field(default_factory=dict)

    def needs(self, which: str, dsn: Dsn | None) -> Dsn:
        """That URL; raises ConfigError that names the variable, or the key, which is missing."""
        if dsn is not None:
            return dsn
        where = f"{self.name} of {self.system}"
        if which in self.unset:
            raise ConfigError(f"the variable {self.unset[which]} is not set; {where} needs it")
        raise ConfigError(f"{where} has no {which} in {FILE}; add the name of its variable")

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be printed."""
        urls = (self.replica, self.primary, self.visitor, self.owner)
        keys = [os.environ.get(one.key or "") for one in self.services.values()]
        keys += [self.stripe.secret] if self.stripe else []
        keys += [one.key for one in self.addresses.values()]
        keys += [one.secret for one in self.storage.values()]
        return (
            *(secret for url in urls if url for secret in url.secrets),
            *(key for key in keys if key),
        )


@contextmanager
def environments(
    project: Project, name: str, systems: Sequence[str]
) -> Iterator[Mapping[str, Environment]]:
    """
    The named environment of each system, for as long as the block lasts.

    The sample's servers are started where they are not up, and stopped by the last who leaves.
    Raises ConfigError for an environment that a system lacks or a variable that is not set.
    """
    if name == SAMPLE:
        with _sampled(project, systems) as found:
            yield found
    else:
        configured = {system: _configured(project, name, system) for system in systems}
        masks.tell(secret for one in configured.values() for secret in one.secrets)
        yield configured


def _configured(project: Project, name: str, system: str) -> Environment:
    config = project.system(system)
    if name not in config.environments:
        there = ", ".join([*config.environments, *([SAMPLE] if config.sample else [])])
        raise ConfigError(f"{system} has no environment {name!r}; {FILE} has {there}")
    chosen = config.environments[name]
    at = f"systems.{system}.environments.{name}"
    return _environment(
        system,
        name,
        config,
        chosen,
        replica=_dsn(chosen.replica, f"{at}.replica"),
        primary=_dsn_if(chosen.primary, f"{at}.primary"),
        visitor=_dsn_if(chosen.visitor, f"{at}.visitor"),
        owner=_dsn_if(chosen.owner, f"{at}.owner"),
    )


@contextmanager
def _sampled(project: Project, systems: Sequence[str]) -> Iterator[Mapping[str, Environment]]:
    # A run of production neither imports the sample nor needs it installed.
    from trueup.sample import hold  # noqa: PLC0415  # as the line above says
    from trueup.sample import systems as worlds  # noqa: PLC0415  # as above

    with ExitStack() as held:
        with while_slow("starting the sample's servers, and loading its data the first time"):
            cluster = held.enter_context(hold(project.root / SAMPLE_FOLDER))
            for system in systems:
                worlds.load(cluster, sample_folder(project, system))
        yield {system: _sample(project, system, cluster, held) for system in systems}


def sample_folder(project: Project, system: str) -> Path:
    """Where a system's sample is made from; raises ConfigError where it has none."""
    config = project.system(system)
    if config.sample is None:
        raise ConfigError(
            f'{system} has no sample; add sample = "tests/systems/{system}" to {FILE}'
        )
    return project.root / config.sample


def _sample(project: Project, system: str, cluster: "Cluster", held: ExitStack) -> Environment:
    from trueup.sample import CLOCK, systems  # noqa: PLC0415  # as above
    from trueup.sample.outside import outside  # noqa: PLC0415  # as above

    folder, config = sample_folder(project, system), project.system(system)
    found = held.enter_context(outside(cluster, folder))
    planted: Any = {**config.settings, **systems.settings(cluster, folder)}
    return _environment(
        system,
        SAMPLE,
        replace(config, settings=planted),
        EnvironmentConfig(replica=SAMPLE, services=dict(found.services)),
        replica=Dsn(cluster.dsn(SAMPLE_READER, "standby", system), "the sample's replica"),
        primary=Dsn(cluster.dsn("trueup_fixer", "primary", system), "the sample's primary"),
        visitor=Dsn(cluster.dsn("authenticator", "standby", system), "the sample's visitor"),
        owner=Dsn(cluster.dsn("postgres", "primary", system), "the sample's owner"),
        clock=CLOCK,
        stripe=found.stripe,
        addresses=found.addresses,
        storage=found.storage,
        given=found.given,
    )


def _environment(
    system: str,
    name: str,
    config: SystemConfig,
    chosen: EnvironmentConfig,
    *,
    replica: Dsn,
    primary: Dsn | None,
    visitor: Dsn | None,
    owner: Dsn | None,
    clock: datetime | None = None,
    stripe: StripeAccount | None = None,
    addresses: Mapping[str, Address] | None = None,
    storage: Mapping[str, Bucket] | None = None,
    given: Mapping[str, str] | None = None,
) -> Environment:
    return Environment(
        system=system,
        title=config.title,
        name=name,
        replica=replica,
        primary=primary,
        visitor=visitor,
        owner=owner,
        primary_allowed=chosen.primary_allowed,
        clock=clock,
        limits=Limits(
            statement=chosen.statement_timeout,
            lock=chosen.lock_timeout,
            idle=chosen.idle_timeout,
            search_path=chosen.search_path,
            cost=chosen.max_cost,
        ),
        max_lag=timedelta(seconds=chosen.max_lag),
        prove_within=chosen.prove_within,
        settings=config.settings,
        unset={} if clock else _unset(chosen),
        heartbeat=chosen.heartbeat,
        snapshot_max_age=chosen.snapshot_max_age,
        connections=chosen.connections,
        services=chosen.services,
        given=given or {},
        addresses=addresses or _addresses(chosen),
        storage=storage or _storage(chosen),
        stripe=stripe or _stripe(name, chosen.stripe),
        approval=wants_approval(config, name),
    )


def wants_approval(config: SystemConfig, name: str) -> bool:
    """Whether somebody else must approve a plan before it is applied in that environment."""
    chosen = config.environments.get(name)
    return name == PRODUCTION if chosen is None or chosen.approval is None else chosen.approval


def _stripe(name: str, chosen: StripeConfig | None) -> StripeAccount | None:
    """The account, where its key is there; a runner that never asks Stripe has none."""
    if chosen is None or not os.environ.get(chosen.key):
        return None
    return StripeAccount(
        secret=os.environ[chosen.key],
        source=chosen.key,
        live=name == PRODUCTION if chosen.live is None else chosen.live,
        unrestricted=chosen.unrestricted,
        grace=timedelta(seconds=chosen.grace),
        budget=chosen.budget,
    )


def _addresses(chosen: EnvironmentConfig) -> dict[str, Address]:
    return {
        name: Address(
            url=said.url.rstrip("/"),
            variable=said.key,
            key=os.environ.get(said.key, "") if said.key else "",
            sent_as=said.sent_as,
        )
        for name, said in chosen.keyed.items()
    }


def _storage(chosen: EnvironmentConfig) -> dict[str, Bucket]:
    return {
        name: Bucket(
            url=said.url.rstrip("/"),
            bucket=said.bucket,
            region=said.region,
            variable=said.key,
            user=os.environ.get(said.user, ""),
            secret=os.environ.get(said.key, ""),
            unset=next((one for one in (said.user, said.key) if not os.environ.get(one)), ""),
            budget=said.budget,
        )
        for name, said in chosen.storage.items()
    }


def _unset(chosen: EnvironmentConfig) -> dict[str, str]:
    named = {"primary": chosen.primary, "visitor": chosen.visitor, "owner": chosen.owner}
    named["stripe"] = chosen.stripe.key if chosen.stripe else None
    return {key: name for key, name in named.items() if name and not os.environ.get(name)}


def _dsn(name: str, key: str) -> Dsn:
    return Dsn(variable(name, key), name)


def _dsn_if(name: str | None, key: str) -> Dsn | None:
    """Only what somebody asks for must be set: a runner that only checks has no primary."""
    return _dsn(name, key) if name and os.environ.get(name) else None
