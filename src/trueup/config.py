"""trueup.toml: which systems are watched, where their environments are, and their settings."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    ValidationError,
    field_validator,
    model_validator,
)

from trueup.errors import ConfigError
from trueup.model.plan import OWNER
from trueup.settings import Settings

FILE = "trueup.toml"

SAMPLE = "sample"
"""The environment that needs no URL: its servers are started where they are not up."""

SentAs = Literal["bearer", "apikey"]

OURSELVES = frozenset({"127.0.0.1", "::1", "localhost"})

Seconds = Annotated[float, Field(gt=0)]
Column = Annotated[str, Field(pattern=r"^[^.]+(\.[^.]+){1,2}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ServiceConfig(_Strict):
    """A service that fixes may call; `url`, `key` and `user` name variables, as everywhere."""

    kind: Literal["http", "stripe", "supabase_storage", "s3"]
    url: str | None = None
    key: str | None = None
    user: str | None = None
    region: str = "us-east-1"
    idempotent: bool = False


class StripeConfig(_Strict):
    """
    Which Stripe account is read: `key` names a variable.

    `live` is the mode, by default that of production; `unrestricted` lets a secret key of test
    mode pass. `grace` is how long the application may take to hear of a change.
    """

    key: str
    live: bool | None = None
    unrestricted: bool = False
    grace: Seconds = 900
    budget: Seconds = 300


class AddressConfig(_Strict):
    """
    A URL that is asked; where it asks for a key, `key` names the variable that has it.

    `sent_as` is how the key is shown: as a bearer's, or in Supabase's header apikey.
    """

    url: HttpUrl
    key: str = ""
    sent_as: SentAs = "bearer"

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, given: Any) -> Any:
        return {"url": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _in_private(self) -> "AddressConfig":
        if self.key and not is_private(str(self.url)):
            raise ValueError("a key is sent over https and nothing else")
        return self


class StorageConfig(_Strict):
    """
    A bucket of S3 that is listed; `user` and `key` name the variables that have its access key.

    `url` is the endpoint of its region, without the bucket; `budget` is how many seconds a process
    may take to list it.
    """

    kind: Literal["s3"] = "s3"
    url: HttpUrl
    bucket: str
    user: str
    key: str
    region: str = "us-east-1"
    budget: Seconds = 300

    @field_validator("url")
    @classmethod
    def _in_private(cls, given: HttpUrl) -> HttpUrl:
        if not is_private(str(given)):
            raise ValueError("a bucket is listed over https and nothing else")
        return given


class EnvironmentConfig(_Strict):
    """
    Names of the variables that hold its URLs, never the URLs; and how patient a session is.

    Only `addresses` and `storage` have URLs themselves: they are no secret, as their keys are.
    """

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
    connections: Annotated[int, Field(ge=1, le=8)] = 2
    prove_within: Seconds = 2
    approval: bool | None = None
    search_path: str = "public"
    stripe: StripeConfig | None = None
    addresses: dict[str, AddressConfig] = Field(default_factory=dict)
    storage: dict[str, StorageConfig] = Field(default_factory=dict)
    services: dict[str, ServiceConfig] = Field(default_factory=dict)

    @field_validator("services")
    @classmethod
    def _not_the_owner(cls, found: dict[str, ServiceConfig]) -> dict[str, ServiceConfig]:
        if OWNER in found:
            raise ValueError(f"{OWNER} is the database's owner; give the service another name")
        return found


class SystemConfig(_Strict):
    """One system; `sample` is the folder that its sample data is made from."""

    title: str
    sample: Path | None = None
    settings: Settings = Field(default_factory=Settings)
    environments: dict[str, EnvironmentConfig] = Field(default_factory=dict)


class Config(_Strict):
    """The whole file."""

    systems: dict[str, SystemConfig]


@dataclass(frozen=True, slots=True)
class Project:
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
        return Config.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{path.name}: {where}: {_words(first)}") from None


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
    if error["type"] == "extra_forbidden":
        return "is not a key of it; look for a typing error"
    if error["type"] == "missing":
        return "is missing"
    if error["loc"][-1] == "heartbeat":
        return "names a column that something writes on the primary, as in public.heartbeat.at"
    message = str(error["msg"]).removeprefix("Value error, ")
    return message[:1].lower() + message[1:]
