"""A verb that reads its words itself: to read any, typer loads pydantic, which takes long."""

import inspect
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from typer.core import TyperCommand, TyperGroup

from trueup.cli.quick import DoubtfulError
from trueup.errors import StoppedError


class Verbs(TyperGroup):
    """All verbs; which of them it is, is a word that needs no pydantic either."""

    def get_help_option(self, ctx: Any) -> Any:
        """The option --help, which is false where it is not given: None would have to be read."""
        found = super().get_help_option(ctx)
        if found is not None:
            found.default = False
        return found

    def invoke(self, ctx: Any) -> Any:
        """Run the verb; at Ctrl-C typer would end without a word."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise StoppedError("stopped") from None


class Verb(TyperCommand):
    """
    For a verb whose options are texts, paths, flags and numbers from 0 on, without callbacks.

    Help, what is missing and what is wrong is left to typer, so that nothing is said in two ways.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words into what the verb's function takes, as typer would."""
        try:
            ctx.params = self._read(ctx, args)
        except DoubtfulError:
            return super().parse_args(ctx, args)
        return []

    def _read(self, ctx: Any, args: list[str]) -> dict[str, object]:
        if self.callback is None:
            raise DoubtfulError
        function = inspect.unwrap(self.callback)
        kinds = get_type_hints(function)
        given, rest, _ = self.make_parser(ctx).parse_args(args=list(args))
        if rest or not given.keys() <= kinds.keys():
            raise DoubtfulError
        found: dict[str, object] = {}
        for name, asked in inspect.signature(function).parameters.items():
            words = given.get(name)
            found[name] = asked.default if words is None else _read(kinds[name], words)
        if inspect.Parameter.empty in found.values():
            raise DoubtfulError
        return found


def _read(kind: Any, words: Any) -> object:
    """The value that words stand for, where nobody could read them otherwise."""
    if isinstance(kind, UnionType):
        return _read(get_args(kind)[0], words)
    if get_origin(kind) is list:
        return [_read(get_args(kind)[0], word) for word in words]
    if kind in {str, bool} and isinstance(words, kind):
        return words
    if kind is Path and words:
        return Path(words)
    if kind is int and words.isascii() and words.isdigit():
        return int(words)
    raise DoubtfulError
