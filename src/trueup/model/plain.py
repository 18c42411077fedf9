"""Dataclasses as plain data that JSON and execnet carry, and back."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, cast, get_args, get_origin

Kind = TypeVar("Kind")


def plain(value: Any) -> Any:
    """
    Containers and values that JSON has; an instant and a day as ISO 8601 writes them.

    Half a surrogate, which no reader of UTF-8 takes, is written out as an escape.
    """
    if isinstance(value, str):
        return str(value) if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, Mapping):
        return {name: plain(inner) for name, inner in value.items()}
    if is_dataclass(value):
        kind: type = type(value)
        return {name: plain(getattr(value, name)) for name in _types(kind)}
    return value.isoformat() if isinstance(value, date) else value


def rebuilt(kind: type[Kind], data: Mapping[str, Any]) -> Kind:
    """The dataclass of which `plain` made this; trusted, as our own processes send it."""
    known: type = kind
    return kind(**{name: _value(said, data[name]) for name, said in _types(known).items()})


def _value(said: Any, value: Any) -> Any:
    """A value of a field, by what its annotation says; most are in JSON what they are here."""
    if value is None:
        return None
    if isinstance(said, UnionType):
        return _value(
            get_args(said)[0], value
        )  # what else a field may be is None, or plain as it is
    if get_origin(said) is tuple:
        inner = get_args(said)
        each = (inner[0] for _ in value) if inner[1:] == (...,) else inner
        return tuple(map(_value, each, value))
    if is_dataclass(said):
        return rebuilt(cast("type[object]", said), value)
    if said in {date, datetime}:
        return said.fromisoformat(value)
    return said(value) if isinstance(said, type) and issubclass(said, StrEnum) else value


@cache
def _types(kind: type) -> Mapping[str, Any]:
    return {found.name: found.type for found in fields(kind)}
