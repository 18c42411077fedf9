"""A batch of units, asked in one transaction: judged in one go, then what is broken fetched."""

from collections.abc import Iterator, Sequence
from time import perf_counter

from msgspec import Struct
from msgspec.structs import replace
from psycopg.rows import TupleRow

from trueup.ahead.merged import Found, counting, fetching, judging, members
from trueup.ahead.units import Answer, Answers, Count, Question, Scan, Unit
from trueup.replica.reader import Fetched
from trueup.replica.sent import Sent
from trueup.replica.slow import SLOW, Slow
from trueup.replica.together import Together

FEW = 1000
"""Rows that are fetched together with those of others; more are read as they come."""


class _Broken(Struct, frozen=True):
    """A question that has rows: how many, by what they are found, what it cost so far."""

    question: Question
    count: int
    found: Found | None
    seconds: float


def answered(reader: Together, units: Sequence[Unit], cap: int) -> Answers:
    """
    Ask for the units' answers; rows of one question are cut at the cap.

    A question that is alone is dear: it is read at once, since to count first would be to ask
    twice, unless it has a key that is cheaper to list. Raises ReplicaError for the first that is
    refused, and then nothing is known of any.
    """
    reader.refuse([(one.rows, one.calls) for unit in units for one in _questions(unit)])
    found = Answers()
    if len(units) == 1 and isinstance(units[0], Question) and not _has_key(units[0]):
        _read(reader, _Broken(units[0], 0, None, 0.0), cap, found)
        _note(units[0], fetching(units[0], None), found.rows[units[0]].seconds, found)
        return found
    broken = list(_judged(reader, units, cap, found))
    few = [one for one in broken if one.count <= FEW]
    sent = [fetching(one.question, one.found) for one in few]
    for one, taken in zip(few, reader.ask(sent), strict=True):
        answer = Answer(reader.fetched(taken), one.seconds, reader.snapshot)
        found.rows[one.question] = answer
    for one in broken:
        if one.count > FEW:
            _read(reader, one, cap, found)
        if len(found.rows[one.question].fetched.rows) < min(one.count, cap):
            # A row that refers to nothing has no key; none that was counted may be missing.
            _read(reader, replace(one, found=None), cap, found)
    return found


def _has_key(unit: Unit) -> bool:
    rule = unit.rows.rule if isinstance(unit, Question) else None
    return rule is not None and bool(rule.key)


def _questions(unit: Unit) -> Sequence[Question]:
    if isinstance(unit, Count):
        return ()
    return unit.members if isinstance(unit, Scan) else (unit,)


def _judged(reader: Together, units: Sequence[Unit], cap: int, found: Answers) -> Iterator[_Broken]:
    """Note what holds and what is counted; give what is broken."""
    sent = [_statement(reader, unit, cap) for unit in units]
    by_index = bool(units) and all(map(_has_key, units))
    ask = reader.ask_by_index if by_index else reader.ask
    nothing = Fetched([], complete=True, printable=frozenset())
    for unit, asked, taken in zip(units, sent, ask(sent), strict=True):
        if not isinstance(unit, Count):
            _note(unit, asked, taken.rows[0][0], found)
        for one in _told(unit, taken.rows[0], found):
            if one.count:
                yield one
            else:
                found.rows[one.question] = Answer(nothing, one.seconds, reader.snapshot)


def _statement(reader: Together, unit: Unit, cap: int) -> Sent:
    if isinstance(unit, Count):
        return reader.counting(unit.relation)
    return counting(unit, cap) if isinstance(unit, Question) else judging(unit, cap)


def _told(unit: Unit, row: TupleRow, found: Answers) -> Iterator[_Broken]:
    if isinstance(unit, Count):
        found.counts[unit.relation] = row[0]
    elif isinstance(unit, Question):
        keys = Found(row[2], places=False) if row[2] else None
        yield _Broken(unit, row[1], keys, row[0])
    else:
        if not unit.joined:
            found.counts[unit.table] = row[1]
        share = row[0] / len(unit.members)
        for question, count, found_by in members(unit, row):
            yield _Broken(question, count, found_by, share)


def _note(unit: Question | Scan, asked: Sent, seconds: float, found: Answers) -> None:
    """Keep what took long; a scan as a whole, since its rules took it together."""
    if seconds >= SLOW:
        names = tuple(one.invariant for one in _questions(unit))
        found.slow.append(Slow(seconds, [asked], names))


def _read(reader: Together, one: _Broken, cap: int, found: Answers) -> None:
    started = perf_counter()
    fetched = reader.read(fetching(one.question, one.found), cap)
    if one.count > cap:  # what was found by its key may have lost a row without one
        fetched = replace(fetched, complete=False)
    seconds = one.seconds + perf_counter() - started
    found.rows[one.question] = Answer(fetched, seconds, reader.snapshot)
