"""Evaluation ahead: several connections work through what was selected, pytest reports in order."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from threading import Thread

from msgspec import Struct
from msgspec.structs import replace

from trueup.ahead.batch import answered
from trueup.ahead.draft import question
from trueup.ahead.indexed import indexed
from trueup.ahead.look import Look, Looking
from trueup.ahead.merged import fetching
from trueup.ahead.planned import Judged, arranged, parents, relations
from trueup.ahead.units import Answers, Count, Question, Unit, apart
from trueup.errors import CatalogError, ConnectError, QueryError, ReplicaError
from trueup.evaluate import CAP, could_not_look, settled
from trueup.model.invariant import Invariant
from trueup.model.verdict import Outcome
from trueup.replica.reader import Reader
from trueup.replica.sent import Sent
from trueup.replica.slow import Slow
from trueup.replica.together import Together
from trueup.suite.queue import Queue
from trueup.suite.source import Source

Learned = Callable[[], Mapping[str, float]]
"""How many seconds each invariant took in an earlier run, by its id; asked where it matters."""

First = Callable[[Together], None]
"""What a transaction asks before anything else."""

TURN = 1.0
"""Seconds during which a transaction takes more batches: short beside any limit it has."""

STOP_WITHIN = 5.0
AGAIN = 0.1
"""Seconds until those who work are left behind, and until they are told again to stop."""


class _Selected(Struct, frozen=True):
    """An invariant that comes down to one question."""

    invariant: Invariant
    question: Question


class Ahead:
    """
    The questions of one system, asked before their turn.

    Whatever goes wrong here is not told here: an invariant without an answer is evaluated at its
    turn in a transaction of its own, with every try and every word that it has there.
    """

    def __init__(self, source: Source, another: Callable[[], Source], connections: int) -> None:
        self._source = source
        self._another = another
        self._connections = connections
        self._selected: dict[str, _Selected] = {}
        self._queue = Queue()
        self._found = Answers()
        self._late: dict[Question, QueryError] = {}
        self._threads: list[Thread] = []
        self._sources: list[Source] = []

    def begin(
        self,
        invariants: Sequence[Invariant],
        given: Mapping[str, object],
        learned: Learned = dict,
    ) -> None:
        """Find out what to ask, and let the connections begin."""
        drafts = ((one, question(one, given)) for one in invariants)
        selected = [_Selected(one, found) for one, found in drafts if found is not None]
        self._selected = {one.invariant.id: one for one in selected}
        if selected:
            self._start(self._lead, selected, learned)

    def _lead(self, selected: Sequence[_Selected], learned: Learned) -> None:
        """Look at the tables, and in the same transaction begin; the others follow."""
        self._sources.append(self._source)
        self._queue.enter()
        try:
            asked = _judged(selected)
            needs = tuple(dict.fromkeys(name for one in selected for name in one.invariant.needs))
            looking = Looking(relations(asked), needs, parents(asked))

            def first(together: Together) -> None:
                if not self._queue.filled:  # in a try before this one
                    self._look(together, looking.seen(together.also), selected, learned)

            with suppress(ConnectError):  # each invariant will say so
                self._ask(self._source, [], first, looking.sent)
        finally:
            if not self._queue.filled:  # without that look nothing is to be had here
                self._selected = {}
                self._queue.fill([])
            self._queue.leave()
        self._work(self._source)

    def _follow(self) -> None:
        """Work on a connection of its own."""
        source = self._another()
        self._sources.append(source)
        try:
            self._work(source)
        finally:
            source.close()

    def _start(self, work: Callable[..., None], *given: object) -> None:
        thread = Thread(target=work, args=given, name="trueup-ahead", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _look(
        self, together: Together, known: Look, selected: Sequence[_Selected], learned: Learned
    ) -> None:
        """Arrange what there is, as the planner advises; also where it cannot be asked."""
        there = [one for one in selected if known.columns >= set(one.invariant.needs)]
        served: frozenset[Question] = frozenset()
        try:
            served = indexed(together, _judged(there), known)
        finally:
            self._arrange(there, known, served, learned)

    def _arrange(
        self,
        there: Sequence[_Selected],
        known: Look,
        served: frozenset[Question],
        learned: Learned,
    ) -> None:
        asked = _judged(there)
        self._selected = {one.invariant.id: one for one in there}
        batches = arranged(asked, known, lambda: _took(there, learned()), served)
        self._queue.fill(batches)
        for _ in range(min(self._connections, len(batches)) - 1):
            self._start(self._follow)

    @property
    def slow(self) -> Sequence[Slow]:
        """What took the server long."""
        return self._found.slow

    def keep(self, ids: Collection[str]) -> None:
        """Keep to these of the invariants that it began with; what only others ask is not asked."""
        self._wait_until(lambda: self._queue.filled)
        self._selected = {id_: one for id_, one in self._selected.items() if id_ in ids}
        self._queue.keep({unit for one in self._selected.values() for unit in _units(one)})

    def outcome(
        self, invariant: Invariant, meantime: Callable[[], bool] = lambda: False
    ) -> Outcome | None:
        """
        The outcome, waited for; None where it was not to be had here.

        What is to be done in the `meantime` is called for as long as it says that it did something.
        """
        self._wait_until(lambda: self._queue.filled, meantime)
        found = self._selected.pop(invariant.id, None)
        if found is None:
            return None
        wanted = _units(found)
        self._wait_until(lambda: self._queue.has_closed(wanted), meantime)
        return self._outcome(found)

    def _wait_until(
        self, holds: Callable[[], bool], meantime: Callable[[], bool] = lambda: False
    ) -> None:
        """Wait until it holds, or nobody works any more."""
        while not holds() and any(one.is_alive() for one in self._threads):
            if not meantime():
                self._queue.wait_for(holds)

    def close(self) -> None:
        """Stop what is queued and what is being asked, also where it only begins just now."""
        is_told = self._queue.stop()  # then only transactions have still to end
        deadline = time.monotonic() + STOP_WITHIN
        for thread in self._threads:
            while thread.is_alive() and time.monotonic() < deadline:
                for source in () if is_told else self._sources:
                    source.cancel()
                thread.join(AGAIN)

    def _outcome(self, found: _Selected) -> Outcome | None:
        late = self._late.pop(found.question, None)
        if late is not None:
            outcome = could_not_look(late)
            sql = (found.question.rows.asked.sql,)
            return replace(outcome, sql=sql, seconds=self._source.patience)
        answer = self._found.rows.pop(found.question, None)
        counts = {label: self._found.counts.get(of) for label, of in found.invariant.over.items()}
        judged = {label: count for label, count in counts.items() if count is not None}
        if answer is None or len(judged) < len(counts):
            return None
        try:
            outcome = settled(found.invariant, judged, answer.fetched)
        except CatalogError:  # its turn will say why
            return None
        sql = (found.question.rows.asked.sql,)
        return replace(outcome, seconds=answer.seconds, sql=sql, snapshot=answer.snapshot)

    def _work(self, source: Source) -> None:
        """Ask what is queued."""
        with suppress(ConnectError):  # whoever has a connection goes on
            while (batch := self._queue.next()) is not None:
                try:
                    self._ask(source, batch)
                finally:
                    self._queue.leave()

    def _ask(
        self,
        source: Source,
        batch: list[Unit],
        first: First = lambda _: None,
        also: Sequence[Sent] = (),
    ) -> None:
        """
        Ask a batch after what comes `first`, and those that follow, for as long as it may take.

        What `also` asks of the catalog comes with the begin, and `first` can read it.

        All in one transaction. Where one fails the others are asked anew, and what fails in it is
        found by halves. Raises ConnectError where there is nobody to ask; others may still have a
        connection.
        """
        taken = [batch]
        try:
            found = source.asked(
                lambda reader: self._asked(source, reader, taken, first), also=also
            )
        except ConnectError:
            self._queue.put_back(taken)
            raise
        except BaseException as error:  # an answer that nobody has is found at its turn
            if taken:  # else all was told, and only the end of its transaction has failed
                self._blame(taken, error)
            if not isinstance(error, Exception):
                raise
        else:
            if taken:
                self._tell(found, taken)

    def _blame(self, taken: list[list[Unit]], error: BaseException) -> None:
        """The last of these has failed: ask the others anew, and it by halves."""
        *sound, failed = taken
        late = isinstance(error, QueryError) and error.is_timeout
        smaller = apart(failed, alone=late) if isinstance(error, ReplicaError) else []
        self._queue.put_back([*sound, *smaller])
        if not smaller:
            self._give_up(failed, error)

    def _asked(
        self, source: Source, reader: Reader, taken: list[list[Unit]], first: First
    ) -> Answers:
        """
        The answers of a batch and of more, each of which is added to `taken` as it is asked.

        What is proven is told before the transaction ends, and is in `taken` no longer.
        """
        if not taken:
            return Answers()  # in a try before this one, whose end has failed
        if not source.freshness.usable:
            raise ConnectError(source.freshness.words, transient=False)
        until = time.monotonic() + TURN
        together = Together(reader)
        self._queue.put_back(taken[1:])  # those of a try before this one
        del taken[1:]
        first(together)
        found = answered(together, taken[0], CAP)
        while not together.streamed and time.monotonic() < until:
            more = self._queue.more()
            if more is None:
                break
            taken.append(more)
            found.take(answered(together, more, CAP))
        if together.is_proven():
            self._tell(found, taken)
        return found

    def _tell(self, found: Answers, taken: list[list[Unit]]) -> None:
        self._found.take(found)
        self._queue.close([unit for one in taken for unit in one])
        taken.clear()

    def _give_up(self, failed: list[Unit], error: BaseException) -> None:
        """Leave it to its turn, but for what would only cost production the same time again."""
        if isinstance(error, QueryError) and error.is_timeout:
            for unit in failed:
                if isinstance(unit, Question):
                    self._late[unit] = error
                    self._found.slow.append(_as_slow(unit, self._source.patience))
        self._queue.close(failed)


def _took(selected: Sequence[_Selected], learned: Mapping[str, float]) -> dict[Question, float]:
    return {
        one.question: learned[one.invariant.id] for one in selected if one.invariant.id in learned
    }


def _units(one: _Selected) -> list[Unit]:
    return [one.question, *map(Count, one.invariant.over.values())]


def _as_slow(question: Question, seconds: float) -> Slow:
    return Slow(seconds, [fetching(question, None)], (question.invariant,))


def _judged(selected: Sequence[_Selected]) -> Judged:
    return {one.question: tuple(one.invariant.over.values()) for one in selected}
