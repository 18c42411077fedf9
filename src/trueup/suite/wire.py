"""What the process that reports and the one that asks say to each other: a line of JSON each."""

import os
from contextlib import suppress
from typing import Generic, TypeVar

import msgspec
from msgspec import Struct

from trueup.model.run import Record, Run
from trueup.model.run_json import text
from trueup.suite.listed import Listed

Heard = TypeVar("Heard")

AT_ONCE = 1 << 16
"""Bytes that are read together."""


class Opened(Struct, frozen=True, tag=True):
    """The run's id, and the modules that need not be imported to report."""

    run: str
    modules: tuple[Listed, ...]


class Refused(Struct, frozen=True, tag=True):
    """There is no run, or no end of it, for a reason that the user can mend, or a bug of ours."""

    said: str
    exit_code: int


class Judged(Struct, frozen=True, tag=True):
    """What one invariant came to."""

    record: Record


class Failed(Struct, frozen=True, tag=True):
    """A bug of ours in an invariant's evaluation: where it is, and nothing that it said."""

    id: str
    said: str


class Made(Struct, frozen=True, tag=True):
    """The run, and the passwords and keys that nothing written of it may hold."""

    run: Run
    secrets: tuple[str, ...]


class Begin(Struct, frozen=True, tag=True):
    """
    Evaluate these, in this order; `selection` is what narrowed the run to them.

    `paths` are their modules: pytest may find some that the catalog does not look for.
    """

    ids: tuple[str, ...]
    paths: frozenset[str]
    selection: str


class End(Struct, frozen=True, tag=True):
    """Make the run of what was reported; `stopped` says that it ended early."""

    ids: tuple[str, ...]
    stopped: bool


Answer = Opened | Refused | Judged | Failed | Made
Order = Begin | End


class Channel(Generic[Heard]):
    """One end: whole messages in their order, for one thread that hears and one that says."""

    def __init__(self, hears: int, says: int, kinds: object) -> None:
        self._hears = hears
        self._says = os.fdopen(says, "wb")
        self._buffer = bytearray()
        self._decode: msgspec.json.Decoder[Heard] = msgspec.json.Decoder(kinds)

    def say(self, message: Answer | Order) -> None:
        """Send it; where nobody hears any more, the next `hear` will say so."""
        with suppress(BrokenPipeError):
            self._says.write(_line(message))
            self._says.flush()

    def hear(self) -> Heard | None:
        """
        The next message, waited for; None where nobody will say anything any more.

        What has come of one stays, should Ctrl-C be pressed meanwhile.
        """
        looked = 0
        while (end := self._buffer.find(b"\n", looked)) < 0:
            looked = len(self._buffer)
            more = os.read(self._hears, AT_ONCE)
            if not more:
                return None
            self._buffer += more
        line = self._buffer[:end]
        del self._buffer[: end + 1]
        return self._decode.decode(line)

    def close(self) -> None:
        """Say nothing more."""
        with suppress(BrokenPipeError):
            self._says.close()


def _line(message: Answer | Order) -> bytes:
    try:
        return msgspec.json.encode(message) + b"\n"
    except UnicodeEncodeError:  # half a surrogate, which somebody wrote into an invariant
        return text(message).encode() + b"\n"
