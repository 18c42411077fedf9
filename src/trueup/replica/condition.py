"""A condition of a plan, as the planner words it: its columns, and what they are compared with."""

import re
from collections.abc import Iterator

from msgspec import Struct

# PostgreSQL quotes whatever else a name has in it (quote_identifier), a letter of another alphabet
# too; to look for a range of those here took a fifteenth of a second to compile.
_NAME = r'(?:[a-z_][a-z0-9_]*|"(?:[^"]|"")+")'

_TEXT = r"(?:E'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*')"

_TYPE = rf"(?:{_NAME}(?:\.{_NAME})?(?: [a-z]+)*(?:\(\d+(?:,\d+)?\))?(?: [a-z]+)*(?:\[\])?)"

_CONSTANT = rf"(?:{_TEXT}|-?\d+(?:\.\d+)?)(?:::{_TYPE})?"

_COLUMN = rf"{_NAME}\.{_NAME}"

_SIDE = rf"(?:{_COLUMN}|\({_COLUMN}\)::text|{_CONSTANT})"

_COMPARED = re.compile(rf"(?P<left>{_SIDE}) (?P<how>=|<=|>=|<|>) (?P<right>{_SIDE})")

_ANY = re.compile(rf"(?P<left>{_COLUMN}|\({_COLUMN}\)::text) = ANY \({_CONSTANT}\)")

_NULL = re.compile(rf"(?P<left>{_COLUMN}) (?P<how>IS NULL|IS NOT NULL)")

_PART = re.compile(rf"\((?P<cast>{_COLUMN})\)::text|(?P<column>{_COLUMN})")

_WORD = re.compile(
    rf"(?P<text>{_TEXT})|(?P<type>::{_TYPE})|(?P<column>{_COLUMN})(?![\w$(])|{_NAME}|."
)

_SPLIT = re.compile(rf'{_TEXT}|"(?:[^"]|"")+"| AND |.', re.DOTALL)


class Compared(Struct, frozen=True):
    """
    One column of a table and what it is compared with; the column as SQL writes it.

    `how` is `=`, `<`, `is null` or `is not null`, and `<` stands for each order. `constant` is
    empty where it is compared with a column of another table, or with one of several. `cast` says
    that it is compared as text.
    """

    column: str
    how: str
    constant: str = ""
    cast: bool = False


def columns(condition: str) -> list[str]:
    """The columns that a condition names, each once, and nothing else of it."""
    found = (word["column"] for word in _WORD.finditer(condition))
    return list(dict.fromkeys(filter(None, found)))


def compared(condition: str, alias: str) -> list[Compared] | None:
    """
    What a condition compares of one table, where all of its parts must be true.

    None where a part of it is anything but a column compared with a constant or with a column of
    another table: nobody knows then how many rows the others would leave.
    """
    found = [_compared(part, alias) for part in _parts(_bare(condition))]
    known = [one for one in found if one is not None]
    return known if len(known) == len(found) else None


def unquoted(name: str) -> str:
    """The name as it is stored."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _compared(part: str, alias: str) -> Compared | None:
    if found := _NULL.fullmatch(part):
        return _of(found["left"], alias, found["how"].lower())
    if found := _ANY.fullmatch(part):
        return _of(found["left"], alias, "=")
    found = _COMPARED.fullmatch(part)
    if not found:
        return None
    how = "=" if found["how"] == "=" else "<"
    sides = [(_of(found[one], alias, how), found[other]) for one, other in _BOTH]
    mine = [(side, other) for side, other in sides if side is not None]
    if len(mine) != 1:  # it compares two columns of the table, or none
        return None
    side, other = mine[0]
    constant = "" if _PART.fullmatch(other) else other
    return Compared(side.column, how, constant, side.cast)


_BOTH = (("left", "right"), ("right", "left"))


def _of(side: str, alias: str, how: str) -> Compared | None:
    """One side, where it is a column of this table."""
    found = _PART.fullmatch(side)
    if not found:
        return None
    table, column = _apart(found["cast"] or found["column"])
    if unquoted(table) != alias:
        return None
    return Compared(column, how, cast=bool(found["cast"]))


def _apart(dotted: str) -> tuple[str, str]:
    first, second = re.findall(_NAME, dotted)
    return first, second


def _parts(condition: str) -> Iterator[str]:
    """What stands between ANDs that are in no parentheses, without those around it."""
    depth, part = 0, ""
    for word in _SPLIT.findall(condition):
        if word == " AND " and depth == 0:
            yield _bare(part)
            part = ""
            continue
        depth += (word == "(") - (word == ")")
        part += word
    yield _bare(part)


def _bare(text: str) -> str:
    """The text without the parentheses around all of it."""
    if not text.startswith("("):
        return text
    depth = 0
    for word in (found := _SPLIT.findall(text))[:-1]:
        depth += (word == "(") - (word == ")")
        if depth == 0:
            return text
    return text[1:-1] if found[-1] == ")" else text
