"""What the server is asked for a run: each thing once, however many invariants rest on it."""

from collections.abc import Sequence

from msgspec import Struct, field

from trueup.replica.reader import Fetched, Rows
from trueup.replica.slow import Slow


class Count(Struct, frozen=True):
    """How many rows there are to judge in a table, or in a SELECT in parentheses."""

    relation: str


class Question(Struct, frozen=True, eq=False):
    """
    One invariant's question, the volatile functions that it may call, and whose it is.

    `key` are the columns by which it names a violation; without any it is the first.
    """

    rows: Rows
    calls: frozenset[str]
    invariant: str
    key: tuple[str, ...]


class Scan(Struct, frozen=True, eq=False):
    """
    Rules with one source, judged together.

    Where that is one table its rows are counted meanwhile; joined to another, only those are looked
    at that break a rule: a join whose every row is counted took three times as long.
    """

    table: str
    members: Sequence[Question]
    joined: bool = False


Unit = Count | Question | Scan


class Answer(Struct, frozen=True):
    """The rows that break an invariant; of a scan, `seconds` is this rule's share."""

    fetched: Fetched
    seconds: float
    snapshot: str


class Answers(Struct, frozen=True):
    """What is known so far, by question and by relation, and what of it took long."""

    rows: dict[Question, Answer] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    slow: list[Slow] = field(default_factory=list)

    def take(self, more: "Answers") -> None:
        """Add what another batch found."""
        self.rows.update(more.rows)
        self.counts.update(more.counts)
        self.slow.extend(more.slow)


def parts(batch: Sequence[Unit]) -> list[Unit]:
    """Whatever somebody may wait for: of a scan, its members and its count."""
    scans = [unit for unit in batch if isinstance(unit, Scan)]
    members = [member for scan in scans for member in scan.members]
    counts = [Count(scan.table) for scan in scans if not scan.joined]
    return [*members, *counts, *(unit for unit in batch if not isinstance(unit, Scan))]


def apart(batch: Sequence[Unit], *, alone: bool) -> list[list[Unit]]:
    """
    What to ask in place of a batch that failed; nothing for what stands alone.

    A scan is taken for its members. They are halved, since what fails is found soonest so; where
    time was over each is `alone`, since with others it would only take as long again.
    """
    found = parts(batch) if len(batch) == 1 else list(batch)
    if len(found) < 2:
        return []
    half = len(found) // 2
    return [[part] for part in found] if alone else [found[:half], found[half:]]
