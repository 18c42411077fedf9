"""What is checked, as data: tables with the rows they get, and checks with the rows that break."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct, field

CLOCK = "timestamptz '2026-11-02 12:00:00+00'"
"""The sample's instant as SQL; every time in the data is counted back from it."""


class Table(Struct, frozen=True):
    """
    A table of so many of a hundred rows; a column has its type and an expression over `n`.

    `n` counts its rows from 1. `{users}` in an expression is how many rows that table has, and
    `{auth_users}` how many auth.users has.
    """

    name: str
    share: float
    columns: Mapping[str, tuple[str, str]]
    indexes: tuple[str, ...] = ()

    @property
    def schema(self) -> str:
        """Where it lies: public if its name does not say."""
        return self.name.rpartition(".")[0] or "public"


class Check(Struct, frozen=True):
    """
    One invariant: a condition that picks the rows of a table that break it, or whole SQL.

    A `reference` says in `condition` which column of its table names a row of `parent`, a column; a
    `joined` one compares a `child` with the `parent` that its column `by` names.
    `planted` is what a row that breaks it has in place of what its table says; a planted row
    always has an even `n`, so its neighbours are sound. `violated` says whether it is by default.
    A parameter without a zone is for a column without one.
    """

    name: str
    kind: Literal["rule", "reference", "joined", "query"]
    table: str
    condition: str
    planted: Mapping[str, str]
    violated: bool = False
    columns: tuple[str, ...] = ("id",)
    parent: str = ""
    by: str = ""
    params: Mapping[str, str] = field(default_factory=dict)


class Definition(Struct, frozen=True):
    """A database and twenty checks of it."""

    tables: tuple[Table, ...]
    checks: tuple[Check, ...]


def key(table: str, number: str = "n") -> str:
    """Give the uuid of a table's row of that number, as random to an index as a real one."""
    return f"md5('{table}' || ({number}))::uuid"


def one_of(table: str, spread: int = 7919) -> str:
    """Give the number of a row of another table, spread over all of it."""
    return f"(n::bigint * {spread}) % {{{table}}} + 1"


def question(check: Check, *, bound: bool = False) -> str:
    """The SELECT of the rows that break it; `bound` keeps its parameters as `:name`."""
    if check.kind == "reference":
        child = f"child.{check.condition}"
        table, _, column = check.parent.rpartition(".")
        return (
            f"select child.id, {child} from {check.table} as child where {child} is not null"
            f" and not exists (select from {table} as parent where parent.{column} = {child})"
        )
    asked = check.condition
    if check.kind == "joined":
        table, _, column = check.parent.rpartition(".")
        asked = (
            f"select {', '.join(check.columns)} from {check.table} as child join {table} as parent"
            f" on parent.{column} = child.{check.by} where {check.condition}"
        )
    if check.kind == "rule":
        asked = f"select {', '.join(check.columns)} from {check.table} where {check.condition}"
    return asked if bound else filled(check, asked)


def filled(check: Check, asked: str) -> str:
    """Put its parameters into its SQL."""
    for name, instant in check.params.items():
        kind = "timestamptz" if "+" in instant else "timestamp"
        asked = asked.replace(f":{name}", f"{kind} '{instant}'")
    return asked


def count(check: Check) -> str:
    """The SELECT of how many rows break it, as somebody pastes it into psql."""
    if check.kind == "query":
        return f"select count(*) from ({question(check)}) as violations"
    return f"select count(*) from {question(check).partition(' from ')[2]}"
