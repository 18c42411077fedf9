"""A change: what a fix would do, said as data; the engine does it, for every fix alike."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from msgspec import Struct, field


class Update(Struct, frozen=True):
    """One row gets new values; a row that differs from `expect` by then is left alone."""

    table: str
    key: Mapping[str, object]
    set: Mapping[str, object]
    expect: Mapping[str, object] = field(default_factory=dict)


class Insert(Struct, frozen=True):
    """One row is added; its primary key is whatever the table gives it."""

    table: str
    values: Mapping[str, object]


class Delete(Struct, frozen=True):
    """One row is removed, and with it what foreign keys drag along."""

    table: str
    key: Mapping[str, object]
    expect: Mapping[str, object] = field(default_factory=dict)


class Steps(Struct, frozen=True):
    """What a person must do, because no program should; filled in with the violation's values."""

    title: str
    steps: Sequence[str]
    verify: str = ""


class Call(Struct, frozen=True):
    """
    One request to a service outside, made once the rows of its round are committed.

    `service` is named in trueup.toml. `undo` is the request that takes it back, in whose path
    `{reference}` is what the service called the thing it made; None where nothing does.
    """

    service: str
    method: str
    path: str
    body: Mapping[str, object] | None = None
    undo: "Call | None" = None


class Alteration(StrEnum):
    """What may be done to a schema; the last three only take back what one of the others did."""

    ENABLE_ROW_SECURITY = "enable row level security"
    VALIDATE_CONSTRAINT = "validate constraint"
    DROP_POLICY = "drop policy"
    ENABLE_TRIGGER = "enable trigger"
    REINDEX = "reindex concurrently"
    DISABLE_ROW_SECURITY = "disable row level security"
    CREATE_POLICY = "create policy"
    DISABLE_TRIGGER = "disable trigger"


class Alter(Struct, frozen=True):
    """
    One change of the schema, made as the database's owner.

    `table` and `name` are as stored, unquoted; `name` is that of the constraint, policy, trigger or
    index of the table, and empty where the change is about the table itself.
    """

    kind: Alteration
    table: str
    name: str = ""

    @property
    def words(self) -> str:
        """What is done to what, as people speak of it."""
        named = f" {self.name!r}" if self.name else ""
        return f"{self.kind}{named} on {self.table}"


Change = Update | Insert | Delete | Alter | Call | Steps
