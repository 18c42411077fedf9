"""A file that only its owner may read, and that is there whole or not at all."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from trueup.errors import ConfigError

OWNER_ONLY = 0o600


class Unfinished:
    """The file while it is written, under another name."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def begin(self) -> Callable[[str], None]:
        """Empty it; gives what writes into it."""
        self._file.seek(0)
        self._file.truncate()

        def write(text: str) -> None:
            self._file.write(text)

        return write


@contextmanager
def whole(path: Path, *, over: bool) -> Iterator[Unfinished]:
    """
    Write a file beside its place, and put it there when the block has ended well.

    One that has appeared meanwhile is kept, unless it may be written over. Raises ConfigError.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        made = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        try:
            with open(made, "w", encoding="utf-8") as file:  # noqa: PTH123  # a descriptor, no path
                yield Unfinished(file)
            _put(beside, path, over=over)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(f"{path} could not be written: {error.strerror}") from None


def _put(beside: Path, path: Path, *, over: bool) -> None:
    if over and path.exists() and not path.is_file():
        raise ConfigError(f"{path} is no file that could be written over; name another one")
    if over:
        beside.replace(path)
        return
    try:
        os.link(beside, path)  # unlike a rename, it does not replace what is there
    except FileExistsError:
        raise ConfigError(f"{path} is there already; --force writes over it") from None
