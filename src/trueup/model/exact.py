"""Data that is exactly as an annotation says, read without pydantic, which takes long to load."""

import re
from collections.abc import Callable, Mapping, Set
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache, partial
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from typing_extensions import is_typeddict

# Hosts and paths that pydantic leaves as they are, but for the slash after a host.
_URL = re.compile(r"https?://(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]+(/[a-z0-9_/-]*)?", re.ASCII)

Read = Callable[[Any, Any], Any]

TEXTS = frozenset({date, datetime})
"""What JSON has only as a text, as ISO 8601 writes it."""

FORBID = {"extra": "forbid"}
"""Pydantic's word for a class that has no other keys."""


class InexactError(Exception):
    """The data may be wrong, or only written in another way: pydantic has to look."""


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """
    What a value must be beyond its type: `plain` gives it as it should be, or raises ValueError.

    Pydantic knows the same rule by `name`, one of its own, and what is `said` to that.
    """

    plain: Callable[[Any], Any]
    name: str
    said: Mapping[str, Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        import pydantic  # noqa: PLC0415  # it is what asks

        rule = getattr(pydantic, self.name)(**self.said)
        if self.name == "Field":
            return handler.generate_schema(Annotated[source, rule])
        return rule.__get_pydantic_core_schema__(source, handler)


class HttpRule:
    """A URL of http or https, as a text; the odd ones are left to pydantic."""

    name = "HttpUrl"

    @staticmethod
    def plain(value: str) -> str:
        """The URL, with the slash after its host."""
        found = _URL.fullmatch(value)
        if found is None:
            raise InexactError
        return value if found[1] else f"{value}/"

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic import AfterValidator, HttpUrl  # noqa: PLC0415  # as above

        return handler.generate_schema(Annotated[HttpUrl, AfterValidator(str)])


def holds(test: Callable[[Any], bool], **said: object) -> Rule:
    """A rule that a value passes or not, in the words of pydantic's Field."""

    def plain(value: Any) -> Any:
        if not test(value):
            raise InexactError
        return value

    return Rule(plain, "Field", said)


def before(turn: Callable[[Any], Any]) -> Rule:
    """A rule that turns what is written into what the type is of."""
    return Rule(turn, "BeforeValidator", {"func": turn})


def after(check: Callable[[Any], Any]) -> Rule:
    """A rule that looks at what is of its type already."""
    return Rule(check, "AfterValidator", {"func": check})


def exact(said: Any, value: Any, *, json: bool = False) -> Any:
    """
    The value as the annotation has it; in `json`, tuples are lists and instants are texts.

    Raises InexactError, or a rule's ValueError, wherever a reader of less patience than pydantic
    would have to guess; what it gives is what pydantic would give.
    """
    if said is str or said is int or said is bool:  # most of what there is to read
        return _known(type(value) is said, value)
    read = partial(exact, json=json)
    origin, inner = get_origin(said), get_args(said)
    if origin is Annotated:
        return _ruled(inner[0], inner[1:], value, read)
    if origin in {Union, UnionType}:
        return _either(inner, value, read)
    if origin is Literal:
        return _known(value in inner, value)
    if origin is list:
        return [read(inner[0], one) for one in _known(type(value) is list, value)]
    if origin is tuple:
        return _tuple(inner, _known(json and type(value) is list, value), read)
    if origin in {dict, Mapping}:
        return {name: read(inner[1], one) for name, one in _known(_is_dict(value), value).items()}
    if is_typeddict(said):
        return _table(said, _known(_is_dict(value), value), read)
    if is_dataclass(said):
        return _instance(said, value, read)
    return _text(said, value) if json and said in TEXTS else _plain(said, value)


def _ruled(kind: Any, rules: tuple[Any, ...], value: Any, read: Read) -> Any:
    for rule in rules:
        if rule.name == "BeforeValidator":
            value = rule.plain(value)
    found = read(kind, value)
    for rule in rules:
        if rule.name != "BeforeValidator":
            found = rule.plain(found)
    return found


def _either(kinds: tuple[Any, ...], value: Any, read: Read) -> Any:
    """What may be None, or one of several plain types, as a cell."""
    if value is None or type(value) in kinds:
        return _known(value is not None or type(None) in kinds, value)
    return read(kinds[0], value)


def _tuple(kinds: tuple[Any, ...], value: list[Any], read: Read) -> tuple[Any, ...]:
    if kinds[1:] == (...,):
        return tuple([read(kinds[0], one) for one in value])
    return tuple(map(read, kinds, _known(len(kinds) == len(value), value)))


def _text(said: Any, value: Any) -> Any:
    """An instant or a day as we write it; Python reads more forms of it than pydantic does."""
    found = said.fromisoformat(_known(type(value) is str, value))
    return _known(found.isoformat() == value, found)


def _plain(said: Any, value: Any) -> Any:
    if said is Path:
        return Path(_known(type(value) is str, value))
    if said is float:
        return float(_known(type(value) in {int, float}, value))
    if isinstance(said, type) and issubclass(said, StrEnum):
        return said(_known(type(value) is str, value))
    return _known(said is Any or type(value) is said, value)


def _instance(kind: Any, value: Any, read: Read) -> Any:
    if isinstance(value, kind):
        return value
    known, needed = _fields(kind)
    given = _known(_is_dict(value), value)
    closed = getattr(kind, "__pydantic_config__", {}) == FORBID
    if not needed <= given.keys() or (closed and not given.keys() <= known.keys()):
        raise InexactError
    return kind(**{name: read(known[name], one) for name, one in given.items() if name in known})


def _table(kind: Any, given: dict[str, Any], read: Read) -> dict[str, Any]:
    known = _hints(kind)
    if kind.__pydantic_config__["extra"] == "forbid" and not given.keys() <= known.keys():
        raise InexactError
    return {name: read(known.get(name, Any), one) for name, one in given.items()}


def _known(right: bool, value: Any) -> Any:
    if not right:
        raise InexactError
    return value


def _is_dict(value: object) -> bool:
    return type(value) is dict


@cache
def _fields(kind: Any) -> tuple[Mapping[str, Any], Set[str]]:
    """What a dataclass has, each with its annotation, and what must be given."""
    hints = _hints(kind)
    needed = {one.name for one in fields(kind) if one.default is one.default_factory is MISSING}
    return {one.name: hints[one.name] for one in fields(kind)}, needed


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    return get_type_hints(kind, include_extras=True)
