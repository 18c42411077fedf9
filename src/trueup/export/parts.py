"""What of each table is exported: which rows whole, which by their key alone, and which columns."""

import re
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from trueup.library.belongings import Belongings
from trueup.library.person import Fate, Person
from trueup.library.shape import SET_DEFAULT, SET_NULL, TEXTS, Condition, Link, Table

SOUNDS_SECRET = re.compile(
    r"passw|passphrase|secret|token|hash|hmac|salt|otp|api_?key|private_?key", re.IGNORECASE
)
"""Names of texts that are left out until somebody declares them plain."""

SPELT = (*TEXTS, "bytea")
"""Types in which a secret can be kept; a number of tokens is none."""


class Part(Struct, frozen=True):
    """
    What of one table is exported.

    `whole` are rows of the person; `named` are another's that name the person, of which only the
    key is given. Without columns the whole table is a secret.
    """

    table: Table
    whole: Condition
    named: Condition
    mentions: bool
    columns: tuple[str, ...]
    left_out: tuple[str, ...]

    @property
    def keyed(self) -> "Part":
        """The same with the key alone."""
        return replace(self, columns=self.table.key)


def parts(found: Belongings) -> Iterator[Part]:
    """Every table that may have rows of the person, the account's first."""
    tables = dict.fromkeys([found.shape.account[0], *(link.child for _, link in found.reached())])
    for table in tables:
        whole, named = found.going(table), Condition()
        links = [(n, link) for n, link in found.shape.of(table) if found.reaches(n)]
        for place, link in links:
            if _is_about(link):
                whole = whole | found.by(place)
            elif link.fate is Fate.GIVEN or link.action in (SET_NULL, SET_DEFAULT):
                named = named | found.by(place)
        columns = tuple(_open(table, found.shape.person))
        yield Part(
            table=table,
            whole=whole,
            named=named & ~whole,
            mentions=bool(named.given) and bool(table.key),
            columns=columns,
            left_out=tuple(name for name in table.types if name not in columns),
        )


def _is_about(link: Link) -> bool:
    """Whether its rows speak of the person, rather than of a thing that was the person's."""
    if link.fate is None:
        return link.action in (SET_NULL, SET_DEFAULT) and link.says_who
    return link.fate in (Fate.CLEARED, Fate.STORED, Fate.STAYS)


def _open(table: Table, person: Person) -> Iterator[str]:
    """The columns that are no secrets."""
    if table.label in person.secrets:
        return
    for name, type_ in table.types.items():
        dotted = f"{table.label}.{name}"
        sounds = type_ in SPELT and SOUNDS_SECRET.search(name) and dotted not in person.plain
        if dotted not in person.secrets and not sounds:
            yield name
