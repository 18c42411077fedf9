"""Data that somebody wrote: it is what its type says, or one line names the key that is not."""

from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta, Struct

from trueup.reading import WrongError, read

CODE = "^[A-Z]+$"

WORDS = {CODE: "is no code; write capitals"}


class Even(str):
    """A text of even length."""

    __slots__ = ()

    def __new__(cls, text: object) -> "Even":
        """Raise ValueError for another."""
        if len(str(text)) % 2:
            raise ValueError(f"{text!r} is odd")
        return super().__new__(cls, text)


class Leaf(Struct, frozen=True, forbid_unknown_fields=True):
    """What lies at the end of each path."""

    code: Annotated[str, Meta(pattern=CODE)]
    colour: Literal["red", "green"] = "red"
    size: Annotated[int, Meta(ge=1)] | None = None
    pair: Even | None = None

    def __post_init__(self) -> None:
        if self.code == "NONE":
            raise ValueError("it says nothing")


class Tree(Struct, frozen=True, forbid_unknown_fields=True):
    """Leaves by name, in a list, and by two names."""

    by_name: dict[str, str | Leaf] = {}
    listed: list[Leaf] = []
    deep: dict[str, dict[str, Leaf]] = {}


SOUND = {"code": "A"}


def test_what_is_as_it_must_be_is_read() -> None:
    found = read({"by_name": {"a": SOUND, "b": "text"}, "listed": [SOUND | {"pair": "ab"}]}, Tree)

    assert found == Tree(
        by_name={"a": Leaf(code="A"), "b": "text"}, listed=[Leaf(code="A", pair=Even("ab"))]
    )


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ([], "expected a table, got a list"),
        ({"bark": 1}, "bark: is not a key of it; look for a typing error"),
        ({"by_name": {"a": SOUND, "b": {}}}, "by_name.b.code: is missing"),
        ({"by_name": {"a": SOUND, "b": 1}}, "by_name.b: expected a text or a table, got a whole"),
        ({"by_name": {"a": {"code": "x"}}}, "by_name.a.code: is no code; write capitals"),
        (
            {"listed": [SOUND, {"code": "A", "size": 0}]},
            "listed.1.size: expected a whole number >=",
        ),
        ({"listed": [SOUND, {"code": "A", "hue": 0}]}, "listed.1.hue: is not a key of it"),
        ({"listed": [{"code": "NONE"}]}, "listed.0: it says nothing"),
        ({"listed": [{"code": "A", "pair": "abc"}]}, "listed.0.pair: 'abc' is odd"),
        (
            {"deep": {"a": {"b": SOUND}, "c": {"d": SOUND, "e": {"code": "A", "colour": "blue"}}}},
            "deep.c.e.colour: is 'blue'; write one of 'red', 'green'",
        ),
        ({"deep": {"a": {"b": {"code": 1}, "c": {"code": 1}}}}, "deep.a.b.code: expected a text"),
        ({"deep": {"a": {"b": SOUND}, "c": {"b": {"code": 1}}}}, "deep.c.b.code: expected a text"),
    ],
)
def test_what_is_not_is_named_by_all_of_its_keys(raw: Any, says: str) -> None:
    with pytest.raises(WrongError) as wrong:
        read(raw, Tree, WORDS)

    assert str(wrong.value).startswith(says)
