"""Dates and times that Python has not, as the text that the server writes: `infinity`, `24:00`."""

from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.types.datetime import (
    DateLoader,
    IntervalLoader,
    TimeLoader,
    TimestampLoader,
    TimestamptzLoader,
    TimetzLoader,
)


def _or_text(kind: type[Loader]) -> type[Loader]:
    class OrText(kind):  # type: ignore[valid-type, misc]  # of each of the six
        """What the driver makes of it, or the text."""

        def load(self, data: Buffer) -> Any:
            """Never refuse a whole answer for one value, as by one who `never expires`."""
            try:
                return super().load(data)
            except psycopg.DataError:
                return bytes(data).decode()

    return OrText


_LOADERS = {
    "date": _or_text(DateLoader),
    "interval": _or_text(IntervalLoader),
    "time": _or_text(TimeLoader),
    "timestamp": _or_text(TimestampLoader),
    "timestamptz": _or_text(TimestamptzLoader),
    "timetz": _or_text(TimetzLoader),
}


def take_all(connection: psycopg.Connection[Any]) -> None:
    """Let a connection read whatever dates and times there are."""
    for name, loader in _LOADERS.items():
        connection.adapters.register_loader(name, loader)
