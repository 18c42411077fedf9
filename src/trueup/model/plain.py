"""Dataclasses as plain data that JSON and execnet carry; `exact` reads it back."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache
from typing import Any


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
        return {name: plain(getattr(value, name)) for name in _names(kind)}
    return value.isoformat() if isinstance(value, date) else value


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(found.name for found in fields(kind))
