"""An attack: SQL that does more than ask, and the layers that stop it."""

import tomllib
from pathlib import Path

from msgspec import Struct

FILE = Path(__file__).with_name("attacks.toml")

LAYERS = {
    "text": "the text is refused before it is sent",
    "function": "it reaches a volatile function, and is refused before it is sent",
    "server": "the server refuses it, in a read-only transaction of a role that only reads",
    "protocol": "the protocol takes one statement, and the driver only what gives rows",
    "proof": "the proof at the end of the transaction finds it, and closes the connection",
    "undone": "it is answered, and the rollback and the end of the session leave nothing of it",
}
"""What stops an attack, in the order in which they come."""


class Attack(Struct, frozen=True):
    """
    One attack; `by` stops it, and `beneath` would, were that layer not there.

    `beneath` is by server, "primary" and "standby"; several names where versions differ.
    """

    kind: str
    name: str
    sql: str
    by: str
    beneath: dict[str, list[str]]


def attacks() -> list[Attack]:
    """All of them, as the file lists them."""
    kinds = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return [Attack(kind=kind, **entry) for kind, entries in kinds.items() for entry in entries]
