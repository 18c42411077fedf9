"""An invariant: a statement that must be true, and the question whose answer breaks it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from inspect import getdoc, signature
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from trueup.errors import CatalogError

Row = Mapping[str, object]
Ask = Callable[..., Iterable[Row]]

RESOURCES = ("replica", "visitor", "stripe", "http", "storage", "settings", "now")
"""What an invariant may ask for by name; anything else could not be had inside a fix's proof."""

PREFIX = "test_"

STRIPE = "stripe."
"""How `over` names what is judged and lies in Stripe: `stripe.subscriptions`."""

SETTINGS = "settings."
"""How `over` names what is judged and stands in trueup.toml: `settings.secrets`."""

HTTP = "http."
"""How `over` names an address that is asked: `http.api`."""

STORAGE = "storage."
"""How `over` names a bucket that is listed, whole or below a prefix: `storage.recordings/user-`."""

OUTSIDE = (STRIPE, SETTINGS, HTTP, STORAGE)
"""
What is none of the database's, where the invariant asks for the resource of that name.

A database may have schemas of these names: Supabase has `storage`, and a sync of Stripe's `stripe`.
"""


class Severity(StrEnum):
    """How much it hurts: P0 down, money, access or data now … P3 hygiene."""

    P0 = "P0"
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"


class Declared(Struct, frozen=True, kw_only=True):
    """What is said of an invariant; the catalog gives `system` and `name`, from where it stands."""

    harm: str
    severity: Severity
    over: Mapping[str, str]
    fixes: tuple[str, ...]
    runbook: str | None = None
    key: tuple[str, ...] = ()
    show: frozenset[str] = frozenset()
    needs: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    may_be_empty: bool = False
    settled_by: str | None = None
    owner: str | None = None
    tags: tuple[str, ...] = ()
    system: str = ""
    name: str = ""
    path: str = ""
    line: int = 0

    @property
    def id(self) -> str:
        """The name in the catalog: system and name, as in `studybuddy.every_user_has_a_profile`."""
        return f"{self.system}.{self.name}"

    @property
    def statement(self) -> str:
        """The name read as a sentence."""
        return self.name.replace("_", " ")


class Invariant(Declared, frozen=True, kw_only=True):
    """What must be true, with the function that asks for what breaks it."""

    ask: Ask

    @property
    def declared(self) -> Declared:
        """The same without the function, which no other process can call."""
        return Declared(**{name: getattr(self, name) for name in Declared.__struct_fields__})

    @property
    def asks(self) -> tuple[str, ...]:
        """The resources that it reads, by name."""
        return tuple(signature(self.ask).parameters)

    @property
    def is_outside(self) -> bool:
        """Whether it asks nothing of the database, so that it is judged also when that is down."""
        judged = all(map(self.lies_outside, self.over.values()))
        return judged and not {"replica", "visitor"} & set(self.asks)

    def lies_outside(self, relation: str) -> bool:
        """Whether what `over` names so is none of the database's."""
        return any(self.lies_in(place, relation) for place in OUTSIDE)

    def lies_in(self, place: str, relation: str) -> bool:
        """Whether what `over` names so lies in one of the places OUTSIDE."""
        return relation.startswith(place) and place.removesuffix(".") in self.asks

    def is_stored(self, relation: str) -> bool:
        """Whether what `over` names so is a bucket."""
        return self.lies_in(STORAGE, relation)

    def named(self, system: str, attribute: str, path: Path) -> "Invariant":
        """The same invariant under the name that its module gave it."""
        line = self.line if self.path == str(path) else 0
        name = attribute.removeprefix(PREFIX)
        return replace(self, system=system, name=name, path=str(path), line=line)


def invariant(
    *,
    severity: str,
    over: str | Sequence[str] | Mapping[str, str],
    fix: str | Sequence[str],
    runbook: str | None = None,
    key: str | Sequence[str] = (),
    show: str | Sequence[str] = (),
    needs: str | Sequence[str] = (),
    calls: str | Sequence[str] = (),
    may_be_empty: bool = False,
    settled_by: str | None = None,
    owner: str | None = None,
    tags: str | Sequence[str] = (),
) -> Callable[[Ask], Invariant]:
    """
    Declare the function below as an invariant: it returns the rows that break it.

    `over` names the tables whose rows are judged, or maps what is judged to a SELECT in
    parentheses that lists it, as in `{"policies": "(select from pg_policies)"}`; where nothing is
    judged the verdict is unknown, unless `may_be_empty`. `key` names a violation for ever
    (default: the first column). `show` lists the text columns a report may print. `needs` lists
    columns (`"User.credits"`) without which the invariant does not apply. `calls` lists volatile
    functions that its SQL may call, since whoever wrote them knows that they only answer.
    `settled_by` is the service outside without whose calls it cannot be true: where a change calls
    it, that is proven once the calls are made.
    Raises CatalogError for a severity, a resource or a docstring that cannot be used.
    """

    def declare(ask: Ask) -> Invariant:
        harm = getdoc(ask)
        if not harm:
            raise CatalogError(f"{ask.__name__} has no docstring; say what harm it does, in one")
        unknown = [name for name in signature(ask).parameters if name not in RESOURCES]
        if unknown:
            raise CatalogError(
                f"{ask.__name__} asks for {unknown[0]!r}; it may ask for {', '.join(RESOURCES)}"
            )
        code = ask.__code__ if hasattr(ask, "__code__") else None
        return Invariant(
            ask=ask,
            harm=harm,
            severity=_severity(severity, ask.__name__),
            over=over if isinstance(over, Mapping) else {name: name for name in _names(over)},
            fixes=_names(fix),
            runbook=runbook,
            key=_names(key),
            show=frozenset(_names(show)),
            needs=_names(needs),
            calls=_names(calls),
            may_be_empty=may_be_empty,
            settled_by=settled_by,
            owner=owner,
            tags=_names(tags),
            path=code.co_filename if code else "",
            line=code.co_firstlineno if code else 0,
        )

    return declare


def _names(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _severity(value: str, name: str) -> Severity:
    try:
        return Severity(value)
    except ValueError:
        raise CatalogError(
            f"{name} has severity {value!r}; it is one of {', '.join(Severity)}"
        ) from None
