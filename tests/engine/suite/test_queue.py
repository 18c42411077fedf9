"""Batches and whoever asks them: in order, back again, and none once nobody wants any."""

from threading import Thread

from trueup.ahead.units import Count, Unit
from trueup.suite.queue import Queue

FIRST: list[Unit] = [Count("first")]
SECOND: list[Unit] = [Count("second")]

WITHIN = 30.0


def filled() -> Queue:
    queue = Queue()
    queue.fill([FIRST, SECOND])
    return queue


def test_batches_come_in_their_order_and_what_comes_back_is_next() -> None:
    queue = filled()

    assert queue.next() == FIRST
    queue.put_back([FIRST, []])

    assert [queue.more(), queue.more(), queue.more()] == [FIRST, SECOND, None]


def test_whoever_waits_gets_what_comes_back_and_ends_where_nobody_asks() -> None:
    queue = filled()
    assert [queue.next(), queue.more()] == [FIRST, SECOND]
    found: list[list[Unit] | None] = []

    def work() -> None:
        while (batch := queue.next()) is not None:
            found.append(batch)
            queue.leave()
        found.append(None)

    other = Thread(target=work, daemon=True)
    other.start()
    queue.put_back([SECOND])
    queue.leave()
    other.join(WITHIN)

    assert found == [SECOND, None]


def test_a_unit_is_open_until_it_is_closed_or_nothing_of_its_batch_is_kept() -> None:
    queue = filled()
    assert not queue.has_closed(FIRST)

    queue.close(FIRST)
    queue.keep(set(FIRST))

    assert queue.has_closed([*FIRST, *SECOND])
    assert [queue.more(), queue.more()] == [FIRST, None]


def test_nothing_is_asked_once_it_is_stopped() -> None:
    queue = filled()
    queue.enter()

    assert queue.stop() is False, "two units have no answer"
    queue.put_back([FIRST])

    assert queue.next() is None
    assert queue.more() is None
