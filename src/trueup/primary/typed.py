"""Rows that an operator types for a procedure: named, converted and checked by the fix's Row."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import ConfigDict, ValidationError, create_model

from trueup.errors import PlanError
from trueup.model.fix import Fix, columns
from trueup.model.violation import Violation

OPERATOR = ""
"""What a typed row breaks: no invariant, an operator asks for it."""


def from_words(words: Sequence[str]) -> list[dict[str, str]]:
    """One row from `column=value` words; raises PlanError for a word that is none."""
    row: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise PlanError(f"{word!r} is no column=value, as in user_id=7")
        if name in row:
            raise PlanError(f"{name} is given twice")
        row[name] = value
    return [row] if row else []


def from_file(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file, whose first line names the columns; raises PlanError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restkey="", restval="")
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise PlanError(f"no rows can be read from {path}: {error}") from None
    if not rows:
        raise PlanError(f"{path} has no rows; its first line names the columns")
    names = reader.fieldnames or ()
    if twice := [name for name in names if names.count(name) > 1]:
        raise PlanError(f"{path}: the column {twice[0]!r} is named twice")
    for line, row in enumerate(rows, start=2):
        if "" in row:
            raise PlanError(f"{path}, line {line}: has more values than columns")
    return rows


def checked(fix: Fix, rows: Iterable[Mapping[str, str]]) -> list[Violation]:
    """
    The rows as the fix gets them, each value of its column's type.

    An empty text is None where the column may be None. Raises PlanError with the row, the column
    and the value that does not fit, and for a fix that takes no rows.
    """
    if fix.row is None:
        raise PlanError(f"{fix.name} takes no rows; its violations come from its invariants")
    model = _model(fix.row)
    found = []
    for number, row in enumerate(rows, start=1):
        try:
            value = model.model_validate(_without_blanks(fix.row, row))
        except ValidationError as error:
            raise PlanError(f"{fix.name}: row {number}: {_words(fix.row, error)}") from None
        plain = {name: getattr(value, name) for name in get_type_hints(fix.row)}
        found.append(Violation(OPERATOR, (str(number),), plain))
    return found


def _model(row: type) -> Any:
    """
    A model of a TypedDict, which before Python 3.12 pydantic does not read itself.

    What may be None may be left out.
    """
    fields: dict[str, Any] = {
        name: (hint, None if _may_be_none(hint) else ...)
        for name, hint in get_type_hints(row).items()
    }
    return create_model(row.__name__, __config__=ConfigDict(extra="forbid"), **fields)


def _may_be_none(hint: object) -> bool:
    return type(None) in getattr(hint, "__args__", ())


def _without_blanks(row: type, given: Mapping[str, str]) -> dict[str, str | None]:
    hints = get_type_hints(row)
    return {
        name: None if not value and _may_be_none(hints.get(name)) else value
        for name, value in given.items()
    }


def _words(row: type, error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    name = ".".join(str(part) for part in first["loc"][:1])
    if first["type"] == "missing":
        return f"{name} is missing; it takes {', '.join(columns(row))}"
    if first["type"] == "extra_forbidden":
        return f"there is no column {name!r}; it takes {', '.join(columns(row))}"
    message = str(first["msg"])
    return f"{name}: {message[:1].lower()}{message[1:]}, and it is {first['input']!r}"
