"""Data that somebody wrote, read as its type says; or one line that names the key that is wrong."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from msgspec import Struct, ValidationError, convert

Kind = TypeVar("Kind")

Step = str | int | None
"""A key, a place in a list, or None: a key that msgspec does not name."""

_STEP = re.compile(r"\.(\w+)|\[(\d+|\.\.\.)\]")

_KEY = re.compile(r"Object (missing required|contains unknown) field `(.*)`")

_MISMATCH = "matching regex"

_KINDS = {
    "object": "a table",
    "array": "a list",
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "date": "a day",
    "datetime": "an instant",
}
"""What whoever writes TOML calls the types of Python and JSON."""

_QUOTED = re.compile("`([^`]*)`")


MISSING = "is missing"
UNKNOWN = "is not a key of it; look for a typing error"


class WrongError(Exception):
    """What is wrong, and where, as in `systems.shop.title: is missing`; `keys` lead there."""

    def __init__(self, keys: Sequence[str | int], said: str) -> None:
        super().__init__(f"{'.'.join(map(str, keys))}: {said}" if keys else said)
        self.keys = tuple(keys)
        self.said = said


class _Fault(Struct, frozen=True):
    words: str
    path: tuple[Step, ...]


def read(raw: object, kind: type[Kind], words: Mapping[str, str] | None = None) -> Kind:
    """
    The data as that type; raises WrongError.

    `words` say what a text must be that does not match a pattern, by that pattern.
    """
    try:
        return convert(raw, kind, dec_hook=_made)
    except ValidationError as error:
        fault = _fault(error)
    keys = _keys(raw, fault.path, lambda changed: _wrong(changed, kind) == fault)
    raise _worded(kind, keys, fault.words, words or {})


def _made(kind: type[Any], value: object) -> Any:
    """What only its own class reads, and makes of a text."""
    try:
        return kind(convert(value, str))
    except ValidationError as error:
        raise ValueError(str(error)) from None  # msgspec adds to this where it stands


def _wrong(raw: object, kind: type) -> _Fault | None:
    try:
        convert(raw, kind, dec_hook=_made)
    except ValidationError as error:
        return _fault(error)
    return None


def _fault(error: ValidationError) -> _Fault:
    words, at, path = str(error).rpartition(" - at `$")
    if not at:
        return _Fault(path, ())
    return _Fault(words, tuple(name or _place(place) for name, place in _STEP.findall(path)))


def _place(said: str) -> int | None:
    return int(said) if said.isdecimal() else None


def _keys(raw: Any, path: Sequence[Step], is_it: Callable[[Any], bool]) -> list[str | int]:
    """
    The path with every key; `is_it` says whether another value in the place of `raw` has the fault.

    Where a key is not named, it is the one that has it without the others.
    """
    if not path:
        return []
    step = path[0]
    key = step if step is not None else next(one for one in raw if is_it({one: raw[one]}))

    def inside(changed: object) -> bool:
        if isinstance(key, int):
            return is_it([*raw[:key], changed, *raw[key + 1 :]])
        return is_it({**raw, key: changed})

    return [key, *_keys(raw[key], path[1:], inside)]


def _worded(
    kind: type, keys: Sequence[str | int], said: str, words: Mapping[str, str]
) -> WrongError:
    """What is wrong, in the words of whoever wrote it."""
    if key := _KEY.fullmatch(said):
        return WrongError([*keys, key[2]], MISSING if key[1].startswith("missing") else UNKNOWN)
    if said.startswith("Invalid enum value"):
        known = ", ".join(map(repr, _choices(kind, keys)))
        said = f"is {said.removeprefix('Invalid enum value ')}; write one of {known}"
    elif said.startswith("Invalid RFC3339"):
        said = "is no day; write it as in 2026-12-24"
    elif _MISMATCH in said:
        said = next((told for pattern, told in words.items() if repr(pattern) in said), said)
    said = _QUOTED.sub(lambda kinds: _named(kinds[1]), said)
    return WrongError(keys, said[:1].lower() + said[1:])


def _named(kinds: str) -> str:
    """The types that could stand there; whoever writes TOML cannot write null."""
    return " or ".join(_KINDS.get(one, one) for one in kinds.split(" | ") if one != "null")


def _choices(kind: Any, keys: Iterable[str | int]) -> tuple[object, ...]:
    """What may stand there, where only some words may."""
    found = [kind]
    for key in keys:
        found = [inner for one in found for inner in _inner(one, key)]
    return tuple(value for one in found if get_origin(one) is Literal for value in get_args(one))


def _inner(kind: Any, key: str | int) -> Iterator[Any]:
    """The types of what stands below a key of such a value."""
    if get_origin(kind) in {dict, list}:
        yield from _alternatives(get_args(kind)[-1])
    elif isinstance(kind, type) and key in (known := get_type_hints(kind)):
        yield from _alternatives(known[key])


def _alternatives(kind: Any) -> Iterator[Any]:
    if get_origin(kind) in {Union, UnionType}:
        for one in get_args(kind):
            yield from _alternatives(one)
    else:
        yield kind
