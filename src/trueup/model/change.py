"""A change: what a fix would do, said as data; the engine does it, for every fix alike."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Update:
    """One row gets new values; a row that differs from `expect` by then is left alone."""

    table: str
    key: Mapping[str, object]
    set: Mapping[str, object]
    expect: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Insert:
    """One row is added; its primary key is whatever the table gives it."""

    table: str
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Delete:
    """One row is removed, and with it what foreign keys drag along."""

    table: str
    key: Mapping[str, object]
    expect: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Steps:
    """What a person must do, because no program should; filled in with the violation's values."""

    title: str
    steps: tuple[str, ...]
    verify: str = ""


Change = Update | Insert | Delete | Steps
