"""What mending needs open: the primary, the replica as a witness, services that are called."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from trueup.config import SAMPLE, Project, ServiceConfig, variable
from trueup.environment import SAMPLE_READER, Environment, environments
from trueup.errors import ConfigError
from trueup.model.fix import Fix
from trueup.model.invariant import Invariant
from trueup.model.plan import OWNER
from trueup.primary import journal_schema
from trueup.primary.calls import Callee
from trueup.primary.owner import Owner
from trueup.primary.service import STRIPE, Kind, Service
from trueup.primary.session import APPLICATION, Primary, open_primary
from trueup.readers.http.probe import HELD, Http
from trueup.readers.storage.reader import Storage
from trueup.replica.connection import connect
from trueup.replica.journal import fault
from trueup.replica.session import Session, open_session
from trueup.replica.visitor import Visitor

if TYPE_CHECKING:
    from trueup.readers.stripe.reader import Stripe


@contextmanager
def primary_of(
    project: Project, name: str, system: str, *, owner: bool = False
) -> Iterator[tuple[Environment, Primary]]:
    """
    The system's primary, as the fixer or as the database's owner.

    The sample's has its journal, as a real one gets it once.
    """
    with environments(project, name, (system,)) as found:
        environment = found[system]
        dsn = (
            environment.needs("owner", environment.owner)
            if owner
            else environment.needs("primary", environment.primary)
        )
        with open_primary(dsn, environment.limits) as primary:
            if name == SAMPLE and not owner and fault(primary.connection):
                installer = environment.needs("owner", environment.owner)
                journal_schema.install(installer, primary.role, SAMPLE_READER)
            yield environment, primary


@contextmanager
def replica_of(environment: Environment) -> Iterator[Session]:
    """A guarded session on the replica, which shows what came of a fix."""
    session = open_session(
        environment.replica,
        primary_allowed=environment.primary_allowed,
        limits=environment.limits,
        max_lag=environment.max_lag,
        application=APPLICATION,
    )
    try:
        yield session
    finally:
        session.close()


@contextmanager
def others(
    environment: Environment, paired: tuple[Invariant, ...], fix: Fix
) -> Iterator[Mapping[str, object]]:
    """What the paired invariants and the fix ask for that the primary does not give."""
    asks = {name for invariant in paired for name in invariant.asks} | set(fix.asks)
    with ExitStack() as held:
        found: dict[str, object] = {}
        if "visitor" in asks:
            dsn = environment.needs("visitor", environment.visitor)
            standby = not environment.primary_allowed
            visitor = Visitor(connect(dsn, standby=standby, application=APPLICATION))
            found["visitor"] = held.enter_context(closing(visitor))
        if "http" in asks:
            found["http"] = held.enter_context(closing(Http(environment.addresses))).within(HELD)
        if "storage" in asks:
            storage = held.enter_context(storage_of(environment))
            for invariant in paired:
                storage.fetch(of for of in invariant.over.values() if invariant.is_stored(of))
            found["storage"] = storage
        yield found


@contextmanager
def storage_of(environment: Environment) -> Iterator[Storage]:
    """The buckets that the environment names."""
    with (
        TemporaryDirectory(prefix="trueup-") as folder,
        closing(Storage(environment.storage, Path(folder))) as found,
    ):
        yield found


@contextmanager
def stripe_of(
    environment: Environment,
    paired: tuple[Invariant, ...] = (),
    watched: Iterable[Invariant] = (),
    *,
    second_look: bool = True,
) -> Iterator["Stripe | None"]:
    """
    The Stripe account that the environment reads; None where there is none.

    The lists that `watched` invariants judge are fetched here, before anything is locked. A proof
    is made without a second look: what it says before and after must differ by the fix alone.
    Raises ConfigError where what is paired asks for it, and its key is not there.
    """
    account = environment.stripe
    if account is None:
        if "stripe" in environment.unset and any("stripe" in found.asks for found in paired):
            variable_ = environment.unset["stripe"]
            raise ConfigError(f"the variable {variable_} is not set; its invariants ask Stripe")
        yield None
        return
    from trueup.readers.stripe.fetch import fetch  # noqa: PLC0415  # half a second, by need
    from trueup.readers.stripe.reader import Stripe  # noqa: PLC0415  # as above

    with TemporaryDirectory(prefix="trueup-") as folder:
        reader = Stripe(account, Path(folder), second_look=second_look)
        try:
            fetch(reader, watched)
            yield reader
        finally:
            reader.close()


def services(environment: Environment) -> dict[str, Callee]:
    """
    The services that fixes may call, and the database's owner, where there is one.

    Raises ConfigError for a variable that is not set.
    """
    owner: dict[str, Callee] = {OWNER: Owner(environment.owner)} if environment.owner else {}
    at = f"systems.{environment.system}.environments.{environment.name}.services"
    return owner | {
        name: service(name, config, environment.given, f"{at}.{name}")
        for name, config in environment.services.items()
    }


def service(name: str, config: ServiceConfig, given: Mapping[str, str], at: str) -> Service:
    """One service, by the variables that it names: those given, or the process's."""

    def said(variable_: str | None, key: str) -> str:
        if variable_ is None:
            return ""
        return given[variable_] if variable_ in given else variable(variable_, f"{at}.{key}")

    if config.url is None and Kind(config.kind) is not Kind.STRIPE:
        raise ConfigError(f"{at} has no url; add the name of its variable")
    return Service(
        name=name,
        kind=Kind(config.kind),
        url=said(config.url, "url").rstrip("/") or STRIPE,
        key=said(config.key, "key"),
        user=said(config.user, "user"),
        region=config.region,
        idempotent=config.idempotent,
    )
