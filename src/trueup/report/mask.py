"""Masks: what stands in a report for a text that it may not print."""

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from trueup.errors import ConfigError
from trueup.model.hiding import Hiding

MASKED = "masked"

VARIABLE = "TRUEUP_MASK_KEY"
"""The variable that holds a project's key where runs are made on many machines."""

FILE = Path(".trueup") / "mask.key"
"""Where the key is made and kept otherwise; never committed."""

_MASK = re.compile(rf"{MASKED}(?: [0-9a-f]{{8}})?")


class Mask(Hiding, frozen=True):
    """
    What stands for a value: with a key, a digest that is the same wherever the value is the same.

    So the same person can be recognised without being named. Without the key nobody can find out
    by trying; the key itself is never published.
    """

    HIDDEN: ClassVar = frozenset({"key"})

    key: bytes = b""

    def of(self, text: str) -> str:
        """The mask of a text; case and space around it make no difference."""
        if not self.key:
            return MASKED
        digest = hmac.new(self.key, text.strip().casefold().encode("utf-8", "replace"), "sha256")
        return f"{MASKED} {digest.hexdigest()[:8]}"


PLAIN = Mask()
"""The mask that says nothing of what it stands for."""


def is_mask(text: object) -> bool:
    """Whether a printed value is a mask."""
    return isinstance(text, str) and _MASK.fullmatch(text) is not None


def of_project(root: Path, values: Mapping[str, str] = os.environ) -> Mask:
    """
    The project's mask: its key from the variable, or from a file that is made where there is none.

    Raises ConfigError where the key is too short to be one, or the file cannot be had.
    """
    given = values.get(VARIABLE, "")
    if given:
        if len(given) < 16:
            raise ConfigError(f"{VARIABLE} is shorter than 16 characters; make one at random")
        return Mask(hashlib.sha256(given.encode()).digest())
    return Mask(_kept(root / FILE))


def _kept(file: Path) -> bytes:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return hashlib.sha256(file.read_bytes()).digest()
        with os.fdopen(descriptor, "wb") as made:
            made.write(secrets.token_hex(32).encode())
        return hashlib.sha256(file.read_bytes()).digest()
    except OSError as error:
        raise ConfigError(
            f"{FILE} cannot be kept: {error.strerror}; set {VARIABLE} instead"
        ) from None
