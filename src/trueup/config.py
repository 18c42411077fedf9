"""trueup.toml: which systems are watched, where their environments are, and their settings."""

import os
import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct, field
from msgspec.structs import replace

from trueup import reading, settings
from trueup.errors import ConfigError
from trueup.settings import Url

FILE = "trueup.toml"

SAMPLE = "sample"
"""The environment that needs no URL: its servers are started where they are not up."""

SentAs = Literal["bearer", "apikey"]

OURSELVES = frozenset({"127.0.0.1", "::1", "localhost"})

COLUMN = r"^[^.]+(\.[^.]+){1,2}$"

VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]*$"

WORDS: Mapping[str, str] = {
    COLUMN: "names a column that something writes on the primary, as in public.heartbeat.at",
    VARIABLE: "names a variable; what it has, a URL or a key, never stands here",
    **settings.WORDS,
}
"""What a text must be, by the pattern that it must match."""

Seconds = Annotated[float, Meta(gt=0)]
Cost = Annotated[float, Meta(gt=0)]
Connections = Annotated[int, Meta(ge=1, le=8)]
Column = Annotated[str, Meta(pattern=COLUMN)]
Variable = Annotated[str, Meta(pattern=VARIABLE)]


class ServiceConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A service that fixes may call; `url`, `key` and `user` name variables, as everywhere."""

    kind: Literal["http", "stripe", "supabase_storage", "s3"]
    url: Variable | None = None
    key: Variable | None = None
    user: Variable | None = None
    region: str = "us-east-1"
    idempotent: bool = False


class StripeConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    Which Stripe account is read: `key` names a variable.

    `live` is the mode, by default that of production; `unrestricted` lets a secret key of test
    mode pass. `grace` is how long the application may take to hear of a change.
    """

    key: Variable
    live: bool | None = None
    unrestricted: bool = False
    grace: Seconds = 900
    budget: Seconds = 300


class AddressConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    A URL that is asked; where it asks for a key, `key` names the variable that has it.

    `sent_as` is how the key is shown: as a bearer's, or in Supabase's header apikey.
    """

    url: Url
    key: Variable = ""
    sent_as: SentAs = "bearer"

    def __post_init__(self) -> None:
        if self.key and not is_private(self.url):
            raise ValueError("a key is sent over https and nothing else")


class StorageConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    A bucket of S3 that is listed; `user` and `key` name the variables that have its access key.

    `url` is the endpoint of its region, without the bucket; `budget` is how many seconds a process
    may take to list it.
    """

    kind: Literal["s3"] = "s3"
    url: Url
    bucket: str
    user: Variable
    key: Variable
    region: str = "us-east-1"
    budget: Seconds = 300

    def __post_init__(self) -> None:
        if not is_private(self.url):
            raise ValueError("a bucket is listed over https and nothing else")


class EnvironmentConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    Names of the variables that hold its URLs, never the URLs; and how patient a session is.

    Only `addresses` and `storage` have URLs themselves: they are no secret, as their keys are.
    """

    replica: Variable
    primary: Variable | None = None
    visitor: Variable | None = None
    owner: Variable | None = None
    primary_allowed: bool = False
    statement_timeout: Seconds = 30
    lock_timeout: Seconds = 2
    idle_timeout: Seconds = 60
    max_lag: Seconds = 300
    heartbeat: Column | None = None
    snapshot_max_age: Seconds = 60
    connections: Connections = 2
    max_cost: Cost | None = None
    prove_within: Seconds = 2
    approval: bool | None = None
    search_path: str = "public"
    stripe: StripeConfig | None = None
    addresses: dict[str, Url | AddressConfig] = field(default_factory=dict)
    storage: dict[str, StorageConfig] = field(default_factory=dict)
    services: dict[str, ServiceConfig] = field(default_factory=dict)

    @property
    def keyed(self) -> dict[str, AddressConfig]:
        """Its addresses, also those that are written as no more than a URL."""
        return {
            name: AddressConfig(url=said) if isinstance(said, str) else said
            for name, said in self.addresses.items()
        }

    def __post_init__(self) -> None:
        if not self.services:
            return
        from trueup.model.plan import OWNER  # noqa: PLC0415  # a run that only reads has no plan

        if OWNER in self.services:
            raise ValueError(f"{OWNER} is the database's owner; give the service another name")


class SystemConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One system; `sample` is the folder that its sample data is made from."""

    title: str
    sample: Path | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    environments: dict[str, EnvironmentConfig] = field(default_factory=dict)


class Config(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    systems: dict[str, SystemConfig]


class Project(Struct, frozen=True):
    """A folder with a trueup.toml, and what it says."""

    root: Path
    config: Config

    def system(self, name: str) -> SystemConfig:
        """One system by name; raises ConfigError that lists those there are."""
        try:
            return self.config.systems[name]
        except KeyError:
            there = ", ".join(self.config.systems)
            raise ConfigError(f"{FILE} has no system {name!r}; it has {there}") from None


def find_project(start: Path) -> Project:
    """Read the trueup.toml of a folder or the nearest one above; raises ConfigError."""
    for folder in (start, *start.parents):
        if (folder / FILE).is_file():
            return Project(folder, read(folder / FILE))
    raise ConfigError(f"no {FILE} here or above; go to the folder of your invariants")


def read(path: Path) -> Config:
    """Read the file; raises ConfigError with one line that names the key and what is wrong."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name} is not TOML: {error}") from None
    try:
        return _typed(reading.read(raw, Config, WORDS))
    except reading.WrongError as error:
        raise ConfigError(f"{path.name}: {error}") from None


def _typed(config: Config) -> Config:
    """The whole, with each system's settings in the types that are known of some."""
    systems = {}
    for name, system in config.systems.items():
        try:
            systems[name] = replace(system, settings=settings.read(system.settings))
        except reading.WrongError as error:
            keys = ("systems", name, "settings", *error.keys)
            raise reading.WrongError(keys, error.said) from None
    return Config(systems=systems)


def variable(name: str, key: str, values: Mapping[str, str] = os.environ) -> str:
    """The value of a variable that the file names; raises ConfigError where it is not set."""
    value = values.get(name, "")
    if not value:
        raise ConfigError(f"the variable {name} is not set; {FILE} names it as {key}")
    return value


def instant(text: str) -> datetime:
    """An instant with its offset, such as 2026-11-02T12:00:00Z; raises ConfigError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{text!r} is not an instant; write 2026-11-02T12:00:00Z") from None
    if moment.tzinfo is None:
        raise ConfigError(f"{text!r} has no offset; write it as in {text}Z for UTC")
    return moment


def is_private(url: str) -> bool:
    """Whether nobody in between can read what is sent there: it is TLS, or this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in OURSELVES
