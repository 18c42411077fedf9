"""One plain SELECT: what an invariant's SQL must be, and how its parameters are passed."""

import re
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct

from trueup.errors import StatementError
from trueup.replica.forbidden import (
    CLOCK_LITERALS,
    CLOCK_ZONES,
    CLOCKS,
    HEADS,
    LOCKS,
    SIDE_EFFECT_PREFIXES,
    SIDE_EFFECTS,
    WRITES,
)

_TOKEN = re.compile(
    r"""
      (?P<blank>   [ \t\n\r\f\v]+ | --[^\n\r]* )
    | (?P<comment> /\* )
    | (?P<unicode> [uU]&(?=["']) )
    | (?P<dollar>  (?P<tag>\$(?:[^\W\d]\w*)?\$) .*? (?P=tag) )
    | (?P<escaped> [eE]'(?:[^'\\]|\\.|'')*' )
    | (?P<string>  [bBxXnN]?'(?:[^']|'')*' )
    | (?P<quoted>  "(?:[^"]|"")*" )
    | (?P<number>  \d[\w.]* )
    | (?P<word>    (?:[A-Za-z_]|[^\x00-\x7f])(?:[\w$]|[^\x00-\x7f])* )
    | (?P<cast>    :: | := )
    | (?P<name>    :(?=[^\W\d])\w+ )
    | (?P<other>   . )
    """,
    re.VERBOSE | re.DOTALL,
)
"""
PostgreSQL's own scanner, as far as it matters where a string, a name or a comment ends.

A difference would hide code from the check: so blanks are its blanks, a carriage return ends a
comment, and whatever is not ASCII is part of a name.
"""

CLOCK_LENGTH = 128
"""The server reads no longer string as a time."""

STRINGS = ("string", "escaped", "dollar")

_COMMENT = re.compile(r"/\*|\*/")

_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|(.))", re.DOTALL
)

_OPERATOR = re.compile(r"[-+*/<>=~!@#%^&|`?]+")


class Statement(Struct, frozen=True):
    """
    A checked SELECT: the text as its author wrote it, and as the driver takes it.

    `mentions` are its identifiers as the server folds them, and its operators; `calls` are those
    that a parenthesis follows, and `words` those that stand in no quotes.
    """

    sql: str
    sent: str
    names: frozenset[str]
    mentions: frozenset[str]
    calls: frozenset[str]
    words: frozenset[str]


class _Token(Struct, frozen=True):
    kind: str
    text: str


@lru_cache(maxsize=4096)
def statement(sql: str) -> Statement:
    """
    Check that the SQL is one SELECT that only asks, and turn `:name` into the driver's parameters.

    Raises StatementError for more than one statement, a word that writes or locks, a clock of the
    server, a function that is known to do something, and what is spelled so as not to be read.
    """
    if "\0" in sql:
        raise StatementError("the SQL has a NUL byte, where the server would stop reading")
    tokens = list(_tokens(sql))
    said = [token for token in tokens if token.kind not in ("blank", "comment")]
    _refuse(said)
    names = frozenset(token.text[1:] for token in tokens if token.kind == "name")
    sent = "".join(_sent(token) for token in tokens).strip().removesuffix(";")
    mentions, calls = _mentioned(said)
    words = frozenset(token.text.lower() for token in said if token.kind == "word")
    return Statement(sql=sql, sent=sent, names=names, mentions=mentions, calls=calls, words=words)


def looks_like_sql(text: str) -> bool:
    """Whether a string constant begins like a statement, asking or not."""
    heads = HEADS | WRITES | {"call", "do", "copy", "lock", "set", "explain", "begin"}
    said = (token for token in _tokens(text) if token.kind not in ("blank", "comment"))
    begun = False
    try:
        first = next(said, None)
        begun = first is not None and first.text.lower() in heads
        return begun and next(said, None) is not None
    except StatementError:
        return begun


def _tokens(sql: str) -> Iterator[_Token]:
    position = 0
    while position < len(sql):
        found = _TOKEN.match(sql, position)
        if found is None:  # pragma: no cover  # the last alternative takes any character
            raise AssertionError("unreachable")
        kind = str(found.lastgroup)  # the outermost: a tag lies within its dollar
        if kind == "other" and found.group() in "'\"$":
            raise StatementError("the SQL has a quote that does not end; close it")
        end = _comment_end(sql, position) if kind == "comment" else found.end()
        yield _Token(kind, sql[position:end])
        position = end


def _comment_end(sql: str, start: int) -> int:
    depth = 0
    for found in _COMMENT.finditer(sql, start):
        depth += 1 if found.group() == "/*" else -1
        if depth == 0:
            return found.end()
    raise StatementError("the SQL has a comment that does not end; close it with */")


def _mentioned(said: list[_Token]) -> tuple[frozenset[str], frozenset[str]]:
    mentions, calls = set(), set()
    for token, following in zip(said, [*said[1:], None], strict=True):
        if token.kind in ("word", "quoted"):
            word = token.text
            name = word[1:-1].replace('""', '"') if token.kind == "quoted" else word.lower()
            mentions.add(name)
            if following is not None and following.text == "(":
                calls.add(name)
    symbols = "".join(token.text if token.kind == "other" else " " for token in said)
    operators = _OPERATOR.findall(symbols)
    bare = {operator.rstrip("+-") for operator in operators}  # the server takes a sign off the end
    return frozenset(mentions | bare | set(operators)), frozenset(calls)


def _sent(token: _Token) -> str:
    if token.kind == "name":
        return f"%({token.text[1:]})s"
    return token.text.replace("%", "%%")


def _refuse(said: list[_Token]) -> None:
    if not said or said[0].text.lower() not in HEADS:
        head = said[0].text if said else ""
        raise StatementError(f"the SQL begins with {head!r}; an invariant asks with one SELECT")
    for token, following in zip(said, [*said[1:], None], strict=True):
        if token.text == ";" and following is not None:
            raise StatementError("the SQL has more than one statement; an invariant is one SELECT")
        if token.kind == "unicode":
            raise StatementError("the SQL spells a name or a string with U&; write it as it is")
        if token.kind in (*STRINGS, "number") and following and following.kind in STRINGS:
            raise StatementError("the SQL has two strings in a row; write them as one")
        _refuse_word(token, following)


def _refuse_word(token: _Token, following: _Token | None) -> None:
    called = following is not None and following.text == "("
    word = token.text.lower() if token.kind == "word" else ""
    if token.kind == "quoted":
        word = token.text.strip('"').lower() if called else ""
    if token.kind in STRINGS and _is_clock(_literal(token)):
        raise StatementError(
            f"the SQL says {token.text}, which a cast makes the server's clock; pass :now"
        )
    if word in WRITES and token.kind == "word":
        raise StatementError(
            f"the SQL says {token.text!r}, which writes or locks; a column of that name"
            " is written in double quotes"
        )
    if word == "for" and following is not None and following.text.lower() in LOCKS:
        raise StatementError("the SQL locks the rows it reads; leave FOR UPDATE or SHARE out")
    if word in CLOCKS and (called or word.startswith(("current_", "local"))):
        raise StatementError(
            f"the SQL asks the server's clock with {token.text!r}; ask for `now` and pass it"
            " as a parameter"
        )
    if called and (word in SIDE_EFFECTS or word.startswith(SIDE_EFFECT_PREFIXES)):
        raise StatementError(f"the SQL calls {token.text!r}, which does more than answer")


def _literal(token: _Token) -> str:
    if token.kind == "dollar":
        tag = token.text.index("$", 1) + 1
        return token.text[tag:-tag]
    inside = token.text[token.text.index("'") :].strip("'")
    return _ESCAPE.sub(_unescaped, inside) if token.kind == "escaped" else inside


def _unescaped(found: re.Match[str]) -> str:
    *hexadecimal, octal, itself = found.groups()
    code = next(filter(None, hexadecimal), "")
    if itself is None:
        point = int(code, 16) if code else int(octal, 8)
        return chr(point) if point < 0x110000 else ""
    return " " if itself in "bfnrt" else itself


def _is_clock(text: str) -> bool:
    words = text.lower().split() if len(text) < CLOCK_LENGTH else []
    rest = [word for word in words if word not in CLOCK_LITERALS | CLOCK_ZONES]
    said = not CLOCK_LITERALS.isdisjoint(words)
    return said and all(word[0].isdigit() or word[0] in "+-" for word in rest)
