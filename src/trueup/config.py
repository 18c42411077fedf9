"""trueup.toml: which systems are watched, where their environments are, and their settings."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, NamedTuple
from urllib.parse import urlsplit

from trueup.errors import ConfigError
from trueup.model.exact import FORBID, HttpRule, InexactError, after, before, exact, holds
from trueup.settings import Settings

FILE = "trueup.toml"

SAMPLE = "sample"
"""The environment that needs no URL: its servers are started where they are not up."""

SentAs = Literal["bearer", "apikey"]

OURSELVES = frozenset({"127.0.0.1", "::1", "localhost"})

COLUMN = r"^[^.]+(\.[^.]+){1,2}$"

Seconds = Annotated[float, holds(lambda seconds: seconds > 0, gt=0)]
Cost = Annotated[float, holds(lambda cost: cost > 0, gt=0)]
Connections = Annotated[int, holds(lambda many: 1 <= many <= 8, ge=1, le=8)]
Column = Annotated[str, holds(lambda name: bool(re.search(COLUMN, name)), pattern=COLUMN)]
Url = Annotated[str, HttpRule()]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceConfig:
    """A service that fixes may call; `url`, `key` and `user` name variables, as everywhere."""

    __pydantic_config__: ClassVar = FORBID

    kind: Literal["http", "stripe", "supabase_storage", "s3"]
    url: str | None = None
    key: str | None = None
    user: str | None = None
    region: str = "us-east-1"
    idempotent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StripeConfig:
    """
    Which Stripe account is read: `key` names a variable.

    `live` is the mode, by default that of production; `unrestricted` lets a secret key of test
    mode pass. `grace` is how long the application may take to hear of a change.
    """

    __pydantic_config__: ClassVar = FORBID

    key: str
    live: bool | None = None
    unrestricted: bool = False
    grace: Seconds = 900
    budget: Seconds = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressConfig:
    """
    A URL that is asked; where it asks for a key, `key` names the variable that has it.

    `sent_as` is how the key is shown: as a bearer's, or in Supabase's header apikey.
    """

    __pydantic_config__: ClassVar = FORBID

    url: Url
    key: str = ""
    sent_as: SentAs = "bearer"

    def __post_init__(self) -> None:
        if self.key and not is_private(self.url):
            raise ValueError("a key is sent over https and nothing else")


def _in_private(url: str) -> str:
    if not is_private(url):
        raise ValueError("a bucket is listed over https and nothing else")
    return url


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageConfig:
    """
    A bucket of S3 that is listed; `user` and `key` name the variables that have its access key.

    `url` is the endpoint of its region, without the bucket; `budget` is how many seconds a process
    may take to list it.
    """

    __pydantic_config__: ClassVar = FORBID

    kind: Literal["s3"] = "s3"
    url: Annotated[Url, after(_in_private)]
    bucket: str
    user: str
    key: str
    region: str = "us-east-1"
    budget: Seconds = 300


def _address(given: Any) -> Any:
    return {"url": given} if isinstance(given, str) else given


def _not_the_owner(found: dict[str, ServiceConfig]) -> dict[str, ServiceConfig]:
    if not found:
        return found
    from trueup.model.plan import OWNER  # noqa: PLC0415  # a run that only reads has no plan

    if OWNER in found:
        raise ValueError(f"{OWNER} is the database's owner; give the service another name")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentConfig:
    """
    Names of the variables that hold its URLs, never the URLs; and how patient a session is.

    Only `addresses` and `storage` have URLs themselves: they are no secret, as their keys are.
    """

    __pydantic_config__: ClassVar = FORBID

    replica: str
    primary: str | None = None
    visitor: str | None = None
    owner: str | None = None
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
    addresses: dict[str, Annotated[AddressConfig, before(_address)]] = field(default_factory=dict)
    storage: dict[str, StorageConfig] = field(default_factory=dict)
    services: Annotated[dict[str, ServiceConfig], after(_not_the_owner)] = field(
        default_factory=dict
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemConfig:
    """One system; `sample` is the folder that its sample data is made from."""

    __pydantic_config__: ClassVar = FORBID

    title: str
    sample: Path | None = None
    settings: Settings = field(default_factory=Settings)
    environments: dict[str, EnvironmentConfig] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole file."""

    __pydantic_config__: ClassVar = FORBID

    systems: dict[str, SystemConfig]


class Project(NamedTuple):
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
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name} is not TOML: {error}") from None
    try:
        found: Config = exact(Config, raw)
    except (InexactError, ValueError):
        return _validated(raw, path.name)
    return found


def _validated(raw: object, name: str) -> Config:
    """What only pydantic reads, and its word for what is wrong."""
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415  # few files need it

    try:
        return TypeAdapter(Config).validate_python(raw)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{name}: {where}: {_words(first)}") from None


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


def _words(error: Mapping[str, Any]) -> str:
    if error["type"] in {"extra_forbidden", "unexpected_keyword_argument"}:
        return "is not a key of it; look for a typing error"
    if error["type"] == "missing":
        return "is missing"
    if error["loc"][-1] == "heartbeat":
        return "names a column that something writes on the primary, as in public.heartbeat.at"
    if error["type"] == "dataclass_type":
        return f"input should be a valid dictionary or instance of {error['ctx']['class_name']}"
    message = str(error["msg"]).removeprefix("Value error, ")
    return message[:1].lower() + message[1:]
