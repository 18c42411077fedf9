"""The words of `trueup check`, read without typer wherever they leave no doubt."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trueup.suite.check import Asked

OPTIONS: Mapping[str, str] = {
    "environment": "--env",
    "keyword": "-k",
    "workers": "-n",
    "as_of": "--as-of",
    "reports": "--reports",
    "history": "--history",
    "only_new": "--only-new",
    "html": "--html",
    "junit": "--junitxml",
    "fail_fast": "-x",
}
"""What each field of what is asked is called on the command line."""

FIELDS = {name: field for field, name in OPTIONS.items()}
PATHS = frozenset({"reports", "history", "html", "junit"})


class DoubtfulError(Exception):
    """Words that typer has to read, to explain, or to refuse."""


def check(words: list[str]) -> "Asked | None":
    """What `trueup check` is asked for; None where it is another verb, or not said plainly."""
    if words[:1] != ["check"]:
        return None
    try:
        given = _given(iter(words[1:]))
    except DoubtfulError:
        return None
    if "environment" not in given:
        return None
    from trueup.suite.check import Asked

    return Asked(**given)  # type: ignore[arg-type]  # each was read as its field


def _given(words: Iterator[str]) -> dict[str, object]:
    found: dict[str, object] = {}
    systems: list[str] = []
    for word in words:
        name, equals, value = word.partition("=")
        if not word.startswith("-"):
            systems.append(word)
        elif word == OPTIONS["fail_fast"]:
            found["fail_fast"] = True
        elif name in FIELDS and (not equals or name.startswith("--")):
            found[FIELDS[name]] = _value(FIELDS[name], value if equals else next(words, "-"))
        else:
            raise DoubtfulError
    return found | {"systems": tuple(systems)}


def _value(field: str, word: str) -> object:
    if word.startswith("-") or field == "fail_fast":
        raise DoubtfulError
    if field in PATHS and word:
        return Path(word)
    if field == "workers" and word.isascii() and word.isdigit():
        return int(word)
    if field in PATHS or field == "workers":
        raise DoubtfulError
    return word
