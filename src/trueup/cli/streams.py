"""The streams of a process, which may be closed, on a full disk, or read by nobody."""

import io
import os
import sys
from errno import EPIPE
from typing import TYPE_CHECKING, Literal, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Stream(io.FileIO):
    """
    What takes every word: that one cannot be written must not end what is being done.

    `lost` says why it could not; nothing where nobody reads any more, as after `| head`.
    """

    lost = ""

    def write(self, words: "ReadableBuffer", /) -> int:
        """Write the words, or let go of them."""
        try:
            return super().write(words)
        except OSError as error:
            if error.errno != EPIPE:
                self.lost = error.strerror or type(error).__name__
            return memoryview(words).nbytes


def taken() -> Stream:
    """Take the place of those that Python has opened; gives what is below standard output."""
    sys.stdin = _opened(sys.stdin, "r")
    below, sys.stdout = _taken(_opened(sys.stdout, "w"))
    _, sys.stderr = _taken(_opened(sys.stderr, "w"))
    return below


def _opened(stream: TextIO | None, mode: Literal["r", "w"]) -> TextIO:
    """One that was closed leads nowhere: else its number, and words, go to what is opened next."""
    return stream or os.fdopen(os.open(os.devnull, os.O_RDWR), mode, closefd=False)


def _taken(stream: TextIO) -> tuple[Stream, TextIO]:
    below = Stream(stream.fileno(), "w", closefd=False)
    buffer = io.BufferedWriter(below)
    return below, io.TextIOWrapper(buffer, stream.encoding, stream.errors, line_buffering=True)
