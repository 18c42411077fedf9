"""GitHub's expressions, as far as workflows use them: names, literals, `!`, `==`, `&&`, `||`."""

import json
import re
from collections.abc import Mapping
from typing import Any

_INSIDE = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_TOKEN = re.compile(r"\s*('(?:[^']|'')*'|&&|\|\||==|!=|!|[(),]|[\w.-]+)")

Contexts = Mapping[str, Any]


def filled(text: str, contexts: Contexts) -> str:
    """The text with each `${{ … }}` in it evaluated, as a step gets it."""
    return _INSIDE.sub(lambda found: _text(value(found[1], contexts)), text)


def value(expression: str, contexts: Contexts) -> Any:
    """What an expression is worth; raises ValueError for one that nobody here understands."""
    inside = _INSIDE.fullmatch(expression.strip())
    source = inside[1] if inside else expression
    tokens = _TOKEN.findall(source)
    if "".join(tokens) != re.sub(r"\s+", "", source) and "'" not in source:
        raise ValueError(f"no expression: {source!r}")
    return _Reader(tokens, contexts).whole()


class _Reader:
    def __init__(self, tokens: list[str], contexts: Contexts) -> None:
        self._tokens = tokens
        self._contexts = contexts

    def whole(self) -> Any:
        found = self._either()
        if self._tokens:
            raise ValueError(f"left over: {self._tokens}")
        return found

    def _either(self) -> Any:
        found = self._both()
        while self._takes("||"):
            other = self._both()
            found = found or other
        return found

    def _both(self) -> Any:
        found = self._compared()
        while self._takes("&&"):
            other = self._compared()
            found = found and other
        return found

    def _compared(self) -> Any:
        found = self._one()
        if self._takes("=="):
            return found == self._one()
        return found != self._one() if self._takes("!=") else found

    def _one(self) -> Any:
        if self._takes("!"):
            return not self._one()
        if self._takes("("):
            found = self._either()
            self._takes(")")
            return found
        token = self._tokens.pop(0)
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        return self._called(token) if self._takes("(") else self._named(token)

    def _called(self, name: str) -> Any:
        given = []
        while not self._takes(")"):
            given.append(self._either())
            self._takes(",")
        if name == "fromJSON":
            return json.loads(given[0])
        if name == "format":
            return re.sub(r"\{(\d)\}", lambda found: _text(given[1 + int(found[1])]), given[0])
        return self._contexts["functions"][name]

    def _named(self, token: str) -> Any:
        if token in ("true", "false"):
            return token == "true"
        found: Any = self._contexts
        for part in token.split("."):
            found = found.get(part, "") if isinstance(found, Mapping) else ""
        return found

    def _takes(self, token: str) -> bool:
        if self._tokens[:1] == [token]:
            self._tokens.pop(0)
            return True
        return False


def _text(found: Any) -> str:
    return str(found).lower() if isinstance(found, bool) else str(found)
