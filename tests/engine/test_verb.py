"""The words of a verb are read as typer reads them; whatever is doubtful, typer reads."""

import shlex
from typing import Any

import pytest
import typer
from typer.core import TyperCommand

from trueup.cli import quick
from trueup.cli.verb import Verb
from trueup.cli.verbs import app
from trueup.suite.check import Asked

READ = (
    "check --env staging",
    "check --env=staging shop studio",
    "check shop --env staging -k 'a or b' -n 2 -x",
    "check --env staging --reports there --history=here --only-new last",
    "check --env staging --html page.html --junitxml j.xml --as-of 2026-11-02T12:00:00Z",
    "check --env staging -n2 -k ''",
    "list",
    "list shop --format json",
    "list --format=github --env production -- shop",
)

DOUBTFUL = ("check", "check --env e -n two", "check --env e --html ''", "check --help")


def command(words: str) -> tuple[Any, Any, list[str]]:
    """The verb, a context for it, and its words."""
    name, *rest = shlex.split(words)
    verb: Any = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]  # a group
    return verb, verb.context_class(verb), rest


@pytest.mark.parametrize("words", READ)
def test_words_are_read_as_typer_reads_them(words: str) -> None:
    verb, ours, rest = command(words)
    _, theirs, _ = command(words)

    assert isinstance(verb, Verb)
    read = verb._read(ours, rest)
    TyperCommand.parse_args(verb, theirs, list(rest))

    # Of nothing, where a verb takes several, typer makes None on the way to its function.
    expected = {name: None if value == () else value for name, value in theirs.params.items()}
    assert read == expected
    assert list(map(type, map(read.get, expected))) == list(map(type, expected.values()))


@pytest.mark.parametrize("words", DOUBTFUL)
def test_what_is_doubtful_is_left_to_typer(words: str) -> None:
    verb, context, rest = command(words)

    with pytest.raises(quick.DoubtfulError):
        verb._read(context, rest)


@pytest.mark.parametrize("words", [words for words in READ if words.startswith("check")])
def test_a_check_is_read_without_typer_as_with_it(words: str) -> None:
    verb, context, rest = command(words)

    asked = quick.check(shlex.split(words))

    if "-n2" in words:
        assert asked is None
        return
    read = verb._read(context, rest)
    named = {"env": "environment"}
    expected = {named.get(name, name): value for name, value in read.items()}
    expected["systems"] = tuple(expected["systems"] or ())
    assert asked == Asked(**expected)


@pytest.mark.parametrize(
    "words",
    [
        *DOUBTFUL,
        "list --env e",
        "check --env e -- shop",
        "check --env e -n2",
        "check --env e -x=1",
        "check --env e -k",
        "check --env e --html -x",
        "check --env e --env-file x",
        "check --env",
    ],
)
def test_what_is_not_said_plainly_is_not_read_without_typer(words: str) -> None:
    assert quick.check(shlex.split(words)) is None


def test_every_option_of_check_is_read_without_typer() -> None:
    verb, _, _ = command("check")

    options = [one for one in verb.params if one.param_type_name == "option"]
    assert {name for one in options for name in one.opts} == set(quick.OPTIONS.values())
    said_elsewhere = {"systems", "brief"}  # its arguments, and what the demo alone asks for
    assert quick.OPTIONS.keys() | said_elsewhere == set(Asked.__struct_fields__)
