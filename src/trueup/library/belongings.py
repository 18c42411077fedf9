"""
What is one person's: the rows that foreign keys and declared ties lead to, as far as they lead.

Keys are followed by their values, table by table, until nothing new is found; so a chain, a circle
and a table that hangs on two others are all the same. Only what goes with the person leads on: what
hangs on a row that stays is nobody's business here.
"""

from collections.abc import Iterable, Iterator, Sequence

from trueup.errors import PersonError, QueryError
from trueup.library.person import Fate
from trueup.library.shape import BLOCKING, Condition, Link, Reference, Shape, Table, Values
from trueup.model.invariant import Row
from trueup.replica.quoting import quoted
from trueup.replica.reader import Reader

MALFORMED = "22P02"
"""What the server says of a text that is no value of a type."""


class Belongings:
    """What hangs on one person; `values` has what others may name of the rows that go."""

    def __init__(self, reader: Reader, shape: Shape, who: object) -> None:
        """Follow what there is; raises PersonError where the account is not there."""
        self._reader = reader
        self.who = str(who)
        self.shape = shape
        table, (name,) = self.shape.account
        self._account = Link("", table, (quoted(name),), (table.types[name],), self.shape.account)
        self._values: dict[Reference, Values] = {}
        self._depths: dict[Table, int] = {}
        self._follow()

    @property
    def account(self) -> Condition:
        """The account's row."""
        return self._account.condition(frozenset({(self.who,)}), "who")

    def by(self, place: int) -> Condition:
        """The rows that the link at that place leads to."""
        link = self.shape.links[place]
        return link.condition(self._values.get(link.parent, frozenset()), f"link{place}")

    def going(self, table: Table) -> Condition:
        """The rows of a table that go with the person."""
        found = self.account if table is self.shape.account[0] else Condition()
        for place, link in self.shape.of(table):
            if link.fate is Fate.GOES and self.reaches(place):
                found = found | self.by(place)
        return found

    def reaches(self, place: int) -> bool:
        """Whether anything of the person's could be named by that link."""
        return bool(self._values.get(self.shape.links[place].parent))

    def reached(self) -> Iterator[tuple[int, Link]]:
        """The links that may lead to rows, those to what hangs deepest last."""
        for place in sorted(range(len(self.shape.links)), key=self._depth):
            if self.reaches(place):
                yield place, self.shape.links[place]

    def rows(self, table: Table, condition: Condition, columns: Sequence[str]) -> Iterable[Row]:
        """Some columns of rows of a table, in the order of its key."""
        names = ", ".join(map(quoted, columns)) or "1"
        order = ", ".join(map(quoted, table.key)) or "1"
        sql = f"select {names} from {table.sql} where {condition.sql} order by {order}"  # noqa: S608  # every name in it is quoted
        return self._reader.rows(sql, **condition.given)

    def count(self, table: Table, condition: Condition) -> int:
        """How many rows there are."""
        sql = f"select count(*) as n from {table.sql} where {condition.sql}"  # noqa: S608  # every name in it is quoted
        return int(str(next(iter(self._reader.rows(sql, **condition.given)))["n"]))

    def require_declared(self) -> None:
        """Raise PersonError for rows that name the person and of which nothing is declared."""
        for place, link in self.reached():
            if link.fate is None and link.action in BLOCKING:
                rows = self.count(link.child, self.by(place) & ~self.going(link.child))
                if rows:
                    raise PersonError(_undeclared(link, rows))

    def _follow(self) -> None:
        """Ask for what is named, of each table whose rows became more, until none does."""
        self._require_one()
        named = dict.fromkeys([self.shape.account, *(link.parent for link in self.shape.links)])
        changed = [self.shape.account[0]]
        while changed:
            for table in changed:
                self._depths.setdefault(table, len(self._depths))
            grown = {one for one in named if one[0] in changed and self._learn(one)}
            leading = (link for link in self.shape.links if link.fate is Fate.GOES)
            changed = list(dict.fromkeys(link.child for link in leading if link.parent in grown))

    def _require_one(self) -> None:
        table, (name,) = self.shape.account
        try:
            there = self.count(table, self.account)
        except QueryError as error:
            if error.sqlstate != MALFORMED:
                raise
            raise PersonError(f"{self.who!r} is no {table.types[name]}") from None
        if not there:
            raise PersonError(f"there is no user {self.who}")

    def _learn(self, reference: Reference) -> bool:
        """Ask a table what others may name of its going rows; whether it is more than before."""
        table, columns = reference
        known = self._values.get(reference, frozenset())
        going = self.going(table)
        names = ", ".join(f"{_text(name)}::text" for name in columns)
        sql = f"select {names} from {table.sql} where {going.sql}"  # noqa: S608  # every name in it is quoted
        rows = self._reader.rows(sql, **going.given).values()
        found = frozenset(tuple(map(str, row)) for row in rows if None not in row)
        self._values[reference] = found
        return found > known

    def _depth(self, place: int) -> int:
        return self._depths.get(self.shape.links[place].child, 0)


def _text(name: str) -> str:
    """A column as SQL; an expression is SQL already."""
    return name if name.startswith("(") else quoted(name)


def _undeclared(link: Link, rows: int) -> str:
    said = "1 row names" if rows == 1 else f"{rows:,} rows name"
    return (
        f"{said} the person in {link.name} (on delete {link.action}), and person.py does not say"
        f' what they are; add "{link.name}" to its ties: goes(), given_to(…), cleared(…)'
    )
