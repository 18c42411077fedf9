"""Timestamps with and without a time zone: SQL that compares one with the other is refused."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, pairwise

import psycopg
from msgspec import Struct, field
from psycopg.rows import TupleRow

from trueup.errors import StatementError
from trueup.replica.later import Later
from trueup.replica.planner import Node, nodes

NAIVE, AWARE = "timestamp without time zone", "timestamp with time zone"

REMEDY = "write `at time zone 'UTC'` after the column without one, or pass naive_utc(…) to it"

_COLUMNS = """
    select nspname::text, relname::text, attname::text,
           pg_catalog.rtrim(pg_catalog.format_type(atttypid, null), '[]')
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = attrelid
    join pg_catalog.pg_namespace n on n.oid = relnamespace
    where atttypid in ('timestamp'::regtype, 'timestamptz'::regtype,
                       'timestamp[]'::regtype, 'timestamptz[]'::regtype)
      and attnum > 0 and not attisdropped and relkind in ('r', 'p', 'm', 'f')
      and nspname !~ '^pg_|^information_schema$'
"""
"""An array is of the kind of what it holds."""

_LEXEME = r"""
  (?P<string>  '(?:[^']|'')*' )
| (?P<cast>    ::(?:timestamp(?:\(\d\))?\ with(?:out)?\ time\ zone|"(?:[^"]|"")*"|[\w.]+)
               (?:\(\d+(?:,\d+)?\))?(?:\[\])? )
| (?P<zone>    AT\ TIME\ ZONE )
| (?P<compare> <=|>=|<>|<|>|=|IS\ DISTINCT\ FROM\b|OVERLAPS\b )
| (?P<column>  (?:[^\W\d][\w$]*|"(?:[^"]|"")*")(?:\.(?:[^\W\d][\w$]*|"(?:[^"]|"")*"))* )
| (?P<open>    [(\[] )
| (?P<close>   [)\]] )
| (?P<blank>   \s+ )
| (?P<other>   . )
"""
"""Compiled where it is first used, which takes milliseconds: most databases have one kind."""

_SAME = frozenset(
    {"all", "any", "array", "array_agg", "coalesce", "date_trunc", "greatest", "least"}
    | {"max", "min", "nullif"}
)
"""What gives back the kind of timestamp that it is given."""

_BESIDE = frozenset({"FILTER", "OVER"})
"""What says more of the value before it, and leaves its kind."""

Column = tuple[str, str, str]

Tokens = list[tuple[str, str]]


class Times(Struct, frozen=True):
    """The timestamp columns of a database, schema, table and name, and the SQL that was checked."""

    kinds: Mapping[Column, str]
    checked: set[str] = field(default_factory=set)

    @property
    def mixes(self) -> bool:
        """Whether there is anything to mix; a database of one kind never pays for the check."""
        return NAIVE in self.kinds.values()


def times(connection: psycopg.Connection[TupleRow]) -> Later[Times]:
    """Ask for the timestamp columns; of a large schema that is a row for each of them."""
    cursor = connection.execute(_COLUMNS)
    return lambda: Times({(schema, table, name): kind for schema, table, name, kind in cursor})


def refuse_mixed(plan: Node, known: Times) -> None:
    """
    Raise StatementError for the first comparison or cast in a plan that mixes the two kinds.

    `plan` is what EXPLAIN (VERBOSE, FORMAT JSON) gives. It is read as the planner words it, which
    also shows the casts that nobody wrote. What comes out of a CTE or a subquery that the planner
    keeps apart has no kind there, and is not judged.
    """
    aliases = dict(_relations(plan))
    for expression in _expressions(plan):
        found = _Expression(expression, aliases, known.kinds).mixed()
        if found:
            raise StatementError(
                f"the SQL mixes {found}, a timestamp without time zone, with one that has it,"
                f" which takes the session's zone for the column's; {REMEDY}"
            )


def explains(error: BaseException) -> bool:
    """Whether Python itself refused to compare the two kinds."""
    return isinstance(error, TypeError) and "offset-naive and offset-aware" in str(error)


class _Expression(Struct):
    """One expression of a plan; `found` is the column of the first mixture in it."""

    text: str
    aliases: Mapping[str, tuple[str, str]]
    kinds: Mapping[Column, str]
    found: str = ""

    def mixed(self) -> str:
        """Name a column without a time zone that meets one with it; empty where none does."""
        matches = re.finditer(_LEXEME, self.text, re.VERBOSE | re.DOTALL)
        self._list([(str(m.lastgroup), m.group()) for m in matches if m.lastgroup != "blank"])
        return self.found

    def _list(self, tokens: Tokens) -> list[str]:
        kinds = [self._compared(part) for part in _split(tokens, _is_between)]
        return list(filter(None, kinds))

    def _compared(self, tokens: Tokens) -> str:
        """Nothing, where it is a comparison; of two rows each part is compared with its own."""
        sides = [
            [self._sum(part) for part in _row(side)] for side in _split(tokens, _is_comparison)
        ]
        for one, other in pairwise(sides):
            for pair in zip(one, other, strict=False):
                self._note(pair, tokens)
        return sides[0][0] if len(sides) == 1 else ""

    def _sum(self, tokens: Tokens) -> str:
        """Less an interval it stays what it is; less another it is no timestamp any more."""
        kinds = [kind for term in _split(tokens, _is_sum) if (kind := self._term(term))]
        self._note(kinds, tokens)
        return kinds[0] if len(kinds) == 1 else ""

    def _term(self, tokens: Tokens) -> str:
        kind, called, place = "", "", 0
        while place < len(tokens):
            name, text = tokens[place]
            place += 1
            if name == "open":
                end = _closing(tokens, place)
                kind = self._enclosed(tokens[place - 1 : end], called, kind)
                place = end + 1
            elif name == "cast":
                target = re.sub(r"\(\d\)|\[\]$", "", text[2:])
                self._note((kind, target), tokens)
                kind = target if target in (NAIVE, AWARE) else ""
            elif name == "zone":
                return {NAIVE: AWARE, AWARE: NAIVE}.get(kind, "")
            elif name == "column":
                kind = self._column(text) or kind
            called = text if name == "column" else ""
        return kind

    def _enclosed(self, tokens: Tokens, called: str, before: str) -> str:
        """The kind of what stands in parentheses, or of that `before` them."""
        (_, bracket), *inner = tokens
        kinds = self._list(inner)
        if called in _BESIDE or (bracket == "[" and called != "ARRAY"):
            return before
        if called and called.lower() not in _SAME:
            return ""
        self._note(kinds, inner)
        return next(iter(kinds), "")

    def _column(self, text: str) -> str:
        parts = re.findall(r'"(?:[^"]|"")*"|[^.]+', text)
        names = [p[1:-1].replace('""', '"') if p.startswith('"') else p for p in parts]
        if len(names) == 2 and names[0] in self.aliases:
            return self.kinds.get((*self.aliases[names[0]], names[1]), "")
        if len(names) > 1:
            return ""
        kinds = {self.kinds.get((*place, names[0]), "") for place in self.aliases.values()} - {""}
        return kinds.pop() if len(kinds) == 1 else ""

    def _note(self, kinds: Sequence[str], tokens: Tokens) -> None:
        if {NAIVE, AWARE} <= set(kinds) and not self.found:
            columns = [t for n, t in tokens if n == "column" and self._column(t) == NAIVE]
            self.found = columns[0] if columns else "a value"


def _row(side: Tokens) -> list[Tokens]:
    """The parts of a row that is compared; anything else is one."""
    is_row = side[:2] == [("column", "ROW"), ("open", "(")]
    return list(_split(side[2:-1], _is_between)) if is_row else [side]


def _is_between(token: tuple[str, str]) -> bool:
    return token[1] in (",", "AND", "OR", "NOT")


def _is_comparison(token: tuple[str, str]) -> bool:
    return token[0] == "compare"


def _is_sum(token: tuple[str, str]) -> bool:
    return token[1] in ("+", "-")


def _split(tokens: Tokens, apart: Callable[[tuple[str, str]], bool]) -> Iterator[Tokens]:
    """The runs of tokens between those outside of all parentheses that keep them apart."""
    depth = 0
    run: Tokens = []
    for token in tokens:
        depth += {"open": 1, "close": -1}.get(token[0], 0)
        if depth == 0 and apart(token):
            yield run
            run = []
        else:
            run.append(token)
    yield run


def _closing(tokens: Tokens, start: int) -> int:
    depth = 1
    for place in range(start, len(tokens)):
        depth += {"open": 1, "close": -1}.get(tokens[place][0], 0)
        if depth == 0:
            return place
    return len(tokens)


def _relations(plan: Node) -> Iterator[tuple[str, tuple[str, str]]]:
    for node in nodes(plan):
        if "Relation Name" in node:
            yield node["Alias"], (node["Schema"], node["Relation Name"])


def _expressions(plan: Node) -> Iterator[str]:
    """All but what has neither an operator nor a cast, as most of what a plan puts out."""
    return (text for text in _texts(plan) if " " in text or "::" in text)


def _texts(plan: Node) -> Iterator[str]:
    for name, value in chain.from_iterable(node.items() for node in nodes(plan)):
        if name.endswith(("Cond", "Filter")) and isinstance(value, str):
            yield value
        if name == "Output" and isinstance(value, list):
            yield from value
