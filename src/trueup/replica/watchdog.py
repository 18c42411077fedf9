"""A deadline on this side: a server that has fallen silent cannot tell that it timed out."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer

import psycopg
from psycopg.rows import TupleRow

from trueup.errors import QueryError

MARGIN = 5.0
"""Seconds that the server's own timeout has to arrive before the connection is cut."""


@contextmanager
def answered_within(connection: psycopg.Connection[TupleRow], seconds: float) -> Iterator[None]:
    """
    Cut the connection where the block lasts longer than that and MARGIN.

    The driver waits for ever for a host that has gone dark; cutting the socket wakes it up.
    Raises QueryError that says so in place of the driver's error.
    """
    limit = seconds + MARGIN
    silent: list[float] = []

    def cut() -> None:
        silent.append(limit)
        with (
            suppress(OSError, psycopg.Error),  # it has ended by itself meanwhile
            socket.socket(fileno=os.dup(connection.fileno())) as held,
        ):
            held.shutdown(socket.SHUT_RDWR)

    timer = Timer(limit, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (psycopg.Error, QueryError):
        if not silent:
            raise
        connection.close()
        raise QueryError(f"the server fell silent: no answer within {limit:g} s") from None
    finally:
        timer.cancel()
